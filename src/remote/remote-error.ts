/** What goes wrong between this program and a remote. */

/** What went wrong, for programs. */
export type RemoteErrorKind =
  /** No connection, or a dropped one. */
  | "unreachable"
  /** No connection in time, or no progress. */
  | "slow"
  /** A status that means a failure. */
  | "status"
  /** The credentials are not accepted: 401, a wrong signature, an expired token, a wrong clock. */
  | "unauthorized"
  /** 403: not allowed. */
  | "forbidden"
  /** The bucket does not exist, or lies elsewhere. */
  | "no-bucket"
  /** What is there, or what is to be sent, is not what it should be. */
  | "misfit"
  /** The remote was turned off earlier in this run, or cannot be written. */
  | "off";

/** What is known about a failed answer. */
export interface RemoteErrorDetails {
  /** The HTTP status. */
  status?: number | undefined;
  /** Whether the same request may succeed a moment later. */
  isPassing?: boolean;
  cause?: unknown;
}

/**
 * A failure of a remote. Its message is a clause that fits behind `because` inside this folder, and a
 * sentence when it leaves it ({@link RemoteError.asSentence}).
 */
export class RemoteError extends Error {
  readonly kind: RemoteErrorKind;
  readonly status: number | undefined;
  readonly isPassing: boolean;

  constructor(kind: RemoteErrorKind, message: string, details: RemoteErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "RemoteError";
    this.kind = kind;
    this.status = details.status;
    this.isPassing = details.isPassing ?? false;
  }

  /** Whether the remote itself fails: it is not there, too slow, or broken. */
  get isFailure(): boolean {
    return this.kind === "unreachable" || this.kind === "slow" || this.kind === "status";
  }

  /** Whether nothing that is sent to this remote can succeed. */
  get isFinal(): boolean {
    return this.kind === "unauthorized" || this.kind === "no-bucket";
  }

  /** The same error with a whole sentence: `doing` is such as `Could not push x`. */
  asSentence(doing: string): RemoteError {
    const { kind, status, isPassing } = this;
    return new RemoteError(kind, `${doing}: ${this.message}.`, { status, isPassing, cause: this });
  }
}

/** The codes of S3 that say that the credentials are not accepted, whatever the status. */
const UNAUTHORIZED = new Map([
  ["AuthorizationHeaderMalformed", "it does not accept the signature: is AWS_REGION right?"],
  ["ExpiredToken", "the AWS credentials have expired"],
  ["InvalidAccessKeyId", "it does not know the AWS access key"],
  ["InvalidToken", "it does not accept the AWS session token"],
  ["RequestTimeTooSkewed", "the clock of this machine differs too much from its own"],
  ["SignatureDoesNotMatch", "it does not accept the signature: is AWS_SECRET_ACCESS_KEY right?"],
]);

/** The statuses of a failure that may pass. */
const PASSING = new Set([429, 500, 502, 503, 504]);

/** What is used of an answer to judge it. */
export interface FailedAnswer {
  status: number;
  /** The `x-amz-bucket-region` header. */
  region: string | undefined;
  /** The start of the body. */
  body: string;
}

/** The error that an answer other than 2xx means. */
export function errorOfAnswer({ status, region, body }: FailedAnswer): RemoteError {
  const code = /<Code>(\w+)<\/Code>/.exec(body)?.[1];
  const details = { status, isPassing: PASSING.has(status) };
  const unauthorized = code && UNAUTHORIZED.get(code);
  if (unauthorized) {
    return new RemoteError("unauthorized", unauthorized, details);
  }
  if (code === "NoSuchBucket") {
    return new RemoteError("no-bucket", "its bucket does not exist", details);
  }
  if (status >= 300 && status < 400) {
    const where = region ? `region ${region}: set AWS_REGION` : "another place";
    return new RemoteError("no-bucket", `its bucket is in ${where}`, details);
  }
  const answer = `it answered ${status}${code ? ` (${code})` : ""}`;
  switch (status) {
    case 401:
      return new RemoteError("unauthorized", `${answer}: it wants credentials`, details);
    case 403:
      return new RemoteError("forbidden", answer, details);
    default:
      return new RemoteError("status", answer, details);
  }
}

/** The error that a broken connection means. */
export function errorOfConnection(error: unknown): RemoteError {
  const { code, message } = error as NodeJS.ErrnoException;
  const isPassing = /^(ECONN\w+|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/.test(code ?? "");
  const what =
    SAID[code ?? ""] ?? (message.replace(/\.$/, "") || `there is no connection (${code})`);
  return new RemoteError("unreachable", what, { isPassing, cause: error });
}

const SAID: Record<string, string> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was dropped",
  ENOTFOUND: "its host is not known",
  EPIPE: "the connection was dropped",
};
