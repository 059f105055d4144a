@node "%~dp0pulumi-resource-command" %*
