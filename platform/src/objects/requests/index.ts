/**
 * Single requests over HTTP and to buckets, and the meaning of their answers. The code that sends them is large: it is
 * imported when it is first needed, and not through this door.
 */
export type { HttpRequest, HttpRequests, HttpResponse } from './http-requests.js';
export { ObjectChangedError, refusalError } from './object-errors.js';
export type { S3Request, S3Requests } from './s3-requests.js';
export { element, errorCodeOf, escaped, listPage, type S3Page } from './s3-xml.js';
