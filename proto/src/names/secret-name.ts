/** Names of secrets in documents. A name also becomes a part of a file path, and of a variable's name. */
export const SECRET_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
