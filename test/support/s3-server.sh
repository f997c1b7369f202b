#!/usr/bin/env bash
# Starts a real server with the S3 API on 127.0.0.1, for the tests of the remote, and stops it.
#
#   s3-server.sh start DIR PORT [swift|ceph]   prints the variables that the tests read, one a line
#   s3-server.sh stop DIR
#
# DIR is made anew. PORT and the 20 ports behind it are used. Nothing outlives `stop`.
#   swift  OpenStack Swift. Debian: swift-proxy swift-account swift-container swift-object memcached
#   ceph   Ceph RGW, all in memory. Debian: ceph-mon ceph-osd radosgw
# Exit code 3: its programs are not installed.
set -euo pipefail

fail() {
  echo "s3-server.sh: $2" >&2
  exit "$1"
}

need() {
  for program in "$@"; do
    PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || fail 3 "$program is not installed"
  done
}

# Runs a daemon that holds none of our streams, and notes its process id.
launch() {
  local name=$1
  shift
  setsid "$@" </dev/null >"$dir/log/$name" 2>&1 &
  echo $! >>"$dir/pids"
}

wait_for() {
  for _ in $(seq 300); do
    curl --silent --fail --output /dev/null --max-time 2 "$1" && return
    sleep 0.1
  done
  tail -n 20 "$dir"/log/* >&2
  fail 1 "$1 did not answer within 30 s"
}

tell() {
  printf '%s\n' "LEAN_PICKLE_TEST_S3=http://127.0.0.1:$port" \
    "AWS_ACCESS_KEY_ID=$1" "AWS_SECRET_ACCESS_KEY=$2" \
    "LEAN_PICKLE_TEST_S3_READER=$3"
}

# One ring of one device for each kind of server.
swift_ring() {
  swift-ring-builder "$1.builder" create 2 1 1
  swift-ring-builder "$1.builder" add "r1z1-127.0.0.1:$2/disk" 1
  swift-ring-builder "$1.builder" rebalance
}

swift_config() {
  cat <<EOF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
user = $(id -un)
workers = 0
swift_dir = $dir/etc
devices = $dir/data
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_address = $dir/no-syslog
log_level = WARNING
EOF
}

start_swift() {
  need swift-proxy-server swift-account-server swift-container-server swift-object-server \
    swift-ring-builder memcached
  mkdir -p "$dir/data/disk"
  printf '%s\n' '[swift-hash]' 'swift_hash_path_suffix = tests' \
    '[storage-policy:0]' 'name = tests' 'default = yes' >"$dir/etc/swift.conf"
  local at=$port
  for kind in account container object; do
    at=$((at + 1))
    {
      swift_config "$at"
      printf '%s\n' '[pipeline:main]' "pipeline = $kind-server" \
        "[app:$kind-server]" "use = egg:swift#$kind"
    } >"$dir/etc/$kind-server.conf"
    (cd "$dir/etc" && swift_ring "$kind" "$at") >"$dir/log/ring-$kind"
    launch "$kind" "swift-$kind-server" "$dir/etc/$kind-server.conf"
  done
  local filters="catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo"
  {
    swift_config "$port"
    printf '%s\n' '[pipeline:main]' "pipeline = $filters proxy-server" \
      '[app:proxy-server]' 'use = egg:swift#proxy' 'account_autocreate = true'
    for filter in $filters; do
      printf '%s\n' "[filter:$filter]" "use = egg:swift#${filter/#cache/memcache}"
      case $filter in
        cache) echo "memcache_servers = 127.0.0.1:$((port + 4))" ;;
        s3api) echo 'location = us-east-1' ;;
        tempauth) printf '%s\n' 'user_test_tester = SKTEST .admin' 'user_test_reader = SKREAD' ;;
      esac
    done
  } >"$dir/etc/proxy-server.conf"
  launch memcached memcached -l 127.0.0.1 -p $((port + 4)) -U 0 -m 16 -u "$(id -un)"
  launch proxy swift-proxy-server "$dir/etc/proxy-server.conf"
  wait_for "http://127.0.0.1:$port/healthcheck"
  tell test:tester SKTEST test:reader:SKREAD
}

start_ceph() {
  need ceph ceph-mon ceph-osd monmaptool radosgw radosgw-admin
  export CEPH_CONF=$dir/etc/ceph.conf
  local monitor="[v1:127.0.0.1:$((port + 1))]" cluster osd
  cluster=$(cat /proc/sys/kernel/random/uuid)
  osd=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$dir"/data/{mon,osd,rgw}
  cat >"$CEPH_CONF" <<EOF
[global]
fsid = $cluster
mon host = $monitor
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind port min = $((port + 2))
ms bind port max = $((port + 20))
auth cluster required = none
auth service required = none
auth client required = none
mon allow pool size one = true
mon data avail crit = 1
mon max pg per osd = 1000
osd crush chooseleaf type = 0
osd objectstore = memstore
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
memstore device bytes = 536870912
run dir = $dir/etc
log file = $dir/log/\$name.log
admin socket = $dir/etc/\$name.asok
pid file = $dir/etc/\$name.pid
[mon.a]
mon data = $dir/data/mon
[osd.0]
osd data = $dir/data/osd
[client.rgw]
rgw data = $dir/data/rgw
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw thread pool size = 16
EOF
  {
    monmaptool --create --fsid "$cluster" --addv a "$monitor" "$dir/etc/monmap"
    ceph-mon --mkfs -i a --monmap "$dir/etc/monmap"
  } >"$dir/log/setup" 2>&1
  launch mon ceph-mon -f -i a
  {
    ceph --connect-timeout 30 osd new "$osd"
    ceph-osd -i 0 --mkfs --osd-uuid "$osd"
  } >>"$dir/log/setup" 2>&1
  launch osd ceph-osd -f -i 0
  for user in TEST RO; do
    radosgw-admin user create --uid="$user" --display-name="$user" \
      --access-key="AK$user" --secret-key="SK$user" >>"$dir/log/setup" 2>&1
  done
  launch rgw radosgw -f -n client.rgw
  wait_for "http://127.0.0.1:$port/"
  tell AKTEST SKTEST AKRO:SKRO
}

stop() {
  [[ -f $dir/pids ]] || return 0
  local pids
  mapfile -t pids <"$dir/pids"
  kill "${pids[@]}" 2>/dev/null || true
  for _ in $(seq 50); do
    kill -0 "${pids[@]}" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "${pids[@]}" 2>/dev/null || true
  rm -f "$dir/pids"
}

[[ $# -ge 2 ]] || fail 2 "usage: start DIR PORT [swift|ceph], or stop DIR"
dir=$(realpath -m "$2")
case $1 in
  start)
    port=${3:?a port}
    stop
    [[ ! -e $dir || -f $dir/s3-server ]] || fail 2 "$dir is there already, and it is not mine"
    rm -rf "$dir"
    mkdir -p "$dir"/{etc,log}
    touch "$dir/s3-server" "$dir/pids"
    trap '[[ $? = 0 ]] || stop' EXIT
    "start_${4:-swift}"
    ;;
  stop) stop ;;
  *) fail 2 "unknown command $1" ;;
esac
