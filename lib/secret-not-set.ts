/** What a secret holds that the program makes and a person sets: in a vault, or in an environment at GitHub. */
export const secretNotSet = "not-set-yet";
