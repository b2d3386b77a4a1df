/**
 * The services with the codecs that the programs use: the generated codecs, with a checksum after each message. Two
 * frequent messages have codecs of their own, which read and write tensors without copying them.
 */
import * as grpc from '@grpc/grpc-js';
import {
  type AnswerServiceClient,
  AnswerServiceService,
  type ArtifactServiceClient,
  ArtifactServiceService,
  BoundedReader,
  type ClusterServiceClient,
  ClusterServiceService,
  checkedMessage,
  decodeAnswerFrame,
  decodeTargetFrame,
  type EnsembleServiceClient,
  EnsembleServiceService,
  encodeAnswerFrame,
  encodeTargetFrame,
  GRPCInferenceServiceService,
  type RunServiceClient,
  RunServiceService,
  type StudentServiceClient,
  StudentServiceService,
  type TargetServiceClient,
  TargetServiceService,
  type TeacherServiceClient,
  TeacherServiceService,
  withSum,
} from '@lyceum/proto';

type Method = grpc.MethodDefinition<unknown, unknown>;

function eachMethod<S extends object>(service: S, change: (method: Method) => Method): S {
  const methods = Object.entries(service).map(([name, method]) => [name, change(method)]);
  return Object.fromEntries(methods) as S;
}

/** Reads requests with {@link BoundedReader}: generated decoders accept bytes or a reader. */
function bounded(method: Method): Method {
  const { requestDeserialize } = method;
  return {
    ...method,
    requestDeserialize: (bytes) => requestDeserialize(new BoundedReader(bytes) as never),
  };
}

/** The same service, with {@link withSum} around its messages. */
function summed<S extends object>(service: S): S {
  return eachMethod(service, (method) => summedMethod(bounded(method)));
}

function summedMethod(method: Method): Method {
  const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = method;
  const read = (bytes: Buffer) => checkedMessage(bytes) as Buffer;
  return {
    ...method,
    requestSerialize: (value: unknown) => withSum([requestSerialize(value)]),
    requestDeserialize: (bytes: Buffer) => requestDeserialize(read(bytes)),
    responseSerialize: (value: unknown) => withSum([responseSerialize(value)]),
    responseDeserialize: (bytes: Buffer) => responseDeserialize(read(bytes)),
  };
}

const [teacher, student] = [summed(TeacherServiceService), summed(StudentServiceService)];

/** Definitions for {@link RpcServer.start}. */
export const SERVICES = {
  teacher: {
    ...teacher,
    sendAnswers: {
      ...teacher.sendAnswers,
      requestSerialize: encodeAnswerFrame,
      requestDeserialize: decodeAnswerFrame,
    },
  },
  student: {
    ...student,
    receiveTargets: {
      ...student.receiveTargets,
      responseSerialize: encodeTargetFrame,
      responseDeserialize: decodeTargetFrame,
    },
  },
  run: summed(RunServiceService),
  artifact: summed(ArtifactServiceService),
  cluster: summed(ClusterServiceService),
  answer: summed(AnswerServiceService),
  ensemble: summed(EnsembleServiceService),
  target: summed(TargetServiceService),
} as const;

/** The service that teacher workers offer to clients of the Open Inference Protocol v2. */
export const INFERENCE_SERVICE = eachMethod(GRPCInferenceServiceService, bounded);

/** A class that {@link connect} makes a client of. */
export type ClientConstructor<C extends grpc.Client> = new (
  address: string,
  credentials: grpc.ChannelCredentials,
  options?: Partial<grpc.ClientOptions>,
) => C;

function clientOf<C extends grpc.Client>(service: grpc.ServiceDefinition): ClientConstructor<C> {
  return grpc.makeClientConstructor(service, '') as unknown as ClientConstructor<C>;
}

export type TeacherClient = TeacherServiceClient;
export const TeacherClient = clientOf<TeacherClient>(SERVICES.teacher);

export type StudentClient = StudentServiceClient;
export const StudentClient = clientOf<StudentClient>(SERVICES.student);

export type RunClient = RunServiceClient;
export const RunClient = clientOf<RunClient>(SERVICES.run);

export type ArtifactClient = ArtifactServiceClient;
export const ArtifactClient = clientOf<ArtifactClient>(SERVICES.artifact);

export type ClusterClient = ClusterServiceClient;
export const ClusterClient = clientOf<ClusterClient>(SERVICES.cluster);

export type AnswerClient = AnswerServiceClient;
export const AnswerClient = clientOf<AnswerClient>(SERVICES.answer);

export type EnsembleClient = EnsembleServiceClient;
export const EnsembleClient = clientOf<EnsembleClient>(SERVICES.ensemble);

export type TargetClient = TargetServiceClient;
export const TargetClient = clientOf<TargetClient>(SERVICES.target);
