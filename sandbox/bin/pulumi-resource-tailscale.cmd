@node "%~dp0pulumi-resource-tailscale" %*
