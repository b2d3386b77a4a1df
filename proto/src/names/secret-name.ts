/** How secrets are named in documents; a part of a file's path, and of a variable's name. */
export const SECRET_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
