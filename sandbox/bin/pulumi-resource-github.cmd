@node "%~dp0pulumi-resource-github" %*
