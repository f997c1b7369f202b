# PowerShell completion for lean-pickle
Register-ArgumentCompleter -Native -CommandName lean-pickle -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $words = @($before | Select-Object -Skip 1)
    $lines = @(& $before[0] __complete powershell ".$wordToComplete" @words 2>$null)
    if ($lines.Count -gt 1 -and $lines[0] -eq 'words') {
        $lines | Select-Object -Skip 1 | ForEach-Object {
            $word, $description = $_ -split "`t", 2
            if (-not $description) { $description = $word }
            [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
        }
    }
}
