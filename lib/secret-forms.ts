/**
 * Patterns of the keys, tokens and passwords that services give out. Each matches a secret to its end.
 * Sources: the services' documentation of their formats, as GitHub's secret scanning and gitleaks list them; Cloudflare, "Token formats";
 * Tailscale, "Key prefixes"; RFC 6750 for what follows `Bearer`.
 */
export const secretForms: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /\bgithub_pat_[A-Za-z0-9_]{22,}/,
  /\bglpat-[A-Za-z0-9_-]{20,}/,
  /\bnpm_[A-Za-z0-9]{36}/,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/,
  /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/]{10,}/,
  /\btskey-[a-z]+-[A-Za-z0-9]{6,}(?:-[A-Za-z0-9]+)*/,
  /\bcf(?:at|k|ut)_[A-Za-z0-9]{40,}/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[A-Za-z0-9+/=\s\\]*-----END [A-Z ]*PRIVATE KEY-----)?/,
  /\b(?:AccountKey|SharedAccessKey|SharedSecret|Password|Pwd)\s*=\s*[^;\s$"'<{]{6,}/i,
  /[?&]sig=[A-Za-z0-9%+/]{20,}/,
  // No registered scheme is longer than 30 characters (IANA, "URI Schemes"). Without an end, a long text with dots would take minutes.
  /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@$"'<{]*:[^\s/:@$"'<{]{3,}@/i,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/,
  /\b[Bb]earer\s+[A-Za-z0-9._~+/=-]{20,}/,
  /\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}\b/,
];
