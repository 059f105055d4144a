// Settings of a script, from environment variables.

/** @throws when the variable is not set */
export function text(name) {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

/** @throws when the variable is not a number from 0 up */
export function number(name) {
  const value = Number(text(name));
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} must be a number from 0 up, not "${text(name)}"`);
  return value;
}
