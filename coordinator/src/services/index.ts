/** The gRPC services, one file each: check the request, call the room that does it, word the reply. */
export { answerService } from './answer-service.js';
export { artifactService } from './artifact-service.js';
export { clusterService } from './cluster-service.js';
export { ensembleService } from './ensemble-service.js';
export { runService } from './run-service.js';
export { studentService } from './student-service.js';
export { teacherService } from './teacher-service.js';
