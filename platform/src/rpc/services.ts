/**
 * The services with the codecs that the programs use: the generated ones, but for the two hot messages,
 * which are read and written without copying their tensors.
 */
import * as grpc from '@grpc/grpc-js';
import {
  AnswerServiceClient,
  AnswerServiceService,
  ArtifactServiceClient,
  ArtifactServiceService,
  ClusterServiceClient,
  ClusterServiceService,
  decodeAnswerFrame,
  decodeTargetFrame,
  EnsembleServiceClient,
  EnsembleServiceService,
  encodeAnswerFrame,
  encodeTargetFrame,
  GRPCInferenceServiceService,
  RunServiceClient,
  RunServiceService,
  type StudentServiceClient,
  StudentServiceService,
  TargetServiceClient,
  TargetServiceService,
  type TeacherServiceClient,
  TeacherServiceService,
} from '@lyceum/proto';

/** Definitions for {@link RpcServer.start}. */
export const SERVICES = {
  teacher: {
    ...TeacherServiceService,
    sendAnswers: {
      ...TeacherServiceService.sendAnswers,
      requestSerialize: encodeAnswerFrame,
      requestDeserialize: decodeAnswerFrame,
    },
  },
  student: {
    ...StudentServiceService,
    receiveTargets: {
      ...StudentServiceService.receiveTargets,
      responseSerialize: encodeTargetFrame,
      responseDeserialize: decodeTargetFrame,
    },
  },
  run: RunServiceService,
  artifact: ArtifactServiceService,
  cluster: ClusterServiceService,
  answer: AnswerServiceService,
  ensemble: EnsembleServiceService,
  target: TargetServiceService,
} as const;

/** What teacher workers serve, for whoever speaks the Open Inference Protocol v2. */
export const INFERENCE_SERVICE = GRPCInferenceServiceService;

/** What {@link connect} makes a client from. */
export type ClientConstructor<C extends grpc.Client> = new (
  address: string,
  credentials: grpc.ChannelCredentials,
  options?: Partial<grpc.ClientOptions>,
) => C;

export type TeacherClient = TeacherServiceClient;
export const TeacherClient = grpc.makeClientConstructor(
  SERVICES.teacher,
  'lyceum.v1.TeacherService',
) as unknown as ClientConstructor<TeacherServiceClient>;

export type StudentClient = StudentServiceClient;
export const StudentClient = grpc.makeClientConstructor(
  SERVICES.student,
  'lyceum.v1.StudentService',
) as unknown as ClientConstructor<StudentServiceClient>;

export type RunClient = RunServiceClient;
export const RunClient: ClientConstructor<RunServiceClient> = RunServiceClient;

export type ArtifactClient = ArtifactServiceClient;
export const ArtifactClient: ClientConstructor<ArtifactServiceClient> = ArtifactServiceClient;

export type ClusterClient = ClusterServiceClient;
export const ClusterClient: ClientConstructor<ClusterServiceClient> = ClusterServiceClient;

export type AnswerClient = AnswerServiceClient;
export const AnswerClient: ClientConstructor<AnswerServiceClient> = AnswerServiceClient;

export type EnsembleClient = EnsembleServiceClient;
export const EnsembleClient: ClientConstructor<EnsembleServiceClient> = EnsembleServiceClient;

export type TargetClient = TargetServiceClient;
export const TargetClient: ClientConstructor<TargetServiceClient> = TargetServiceClient;
