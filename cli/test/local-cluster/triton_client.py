"""Asks a server with Triton's own client, `triton_client.py http|grpc ADDRESS`, and prints as JSON what it got."""
import json
import sys

import numpy as np

protocol, address = sys.argv[1:]
if protocol == 'http':
    import tritonclient.http as triton
else:
    import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(address)
as_json = {} if protocol == 'http' else {'as_json': True}
SAMPLES = (np.arange(5 * 6).reshape(5, 6) * 7) % 13


def tensor(values, datatype, name='input', shape=None, **how):
    own = triton.InferInput(name, list(shape or values.shape), datatype)
    own.set_data_from_numpy(values, **how)
    return own


def infer(own, model='sums', outputs=None, **more):
    return client.infer(model, [own], outputs=outputs, **more).as_numpy('logits').tolist()


def wanted(name='logits', **how):
    return [triton.InferRequestedOutput(name, **how)]


def refused(ask):
    try:
        return {'answered': repr(ask())}
    except InferenceServerException as err:
        return {'status': err.status(), 'message': err.message()}


float32 = SAMPLES.astype(np.float32)
answers = {
    'FP32': infer(tensor(float32, 'FP32')),
    'FP32, output named': infer(tensor(float32, 'FP32'), outputs=wanted()),
    'UINT8': infer(tensor(SAMPLES.astype(np.uint8), 'UINT8')),
    'INT64': infer(tensor(SAMPLES.astype(np.int64), 'INT64')),
    'FP16': infer(tensor(SAMPLES.astype(np.float16), 'FP16')),
    'one row, version named': infer(tensor(float32[:1], 'FP32'), model_version='1'),
    'with priority and timeout': infer(tensor(float32, 'FP32'), priority=1, timeout=10_000_000),
}
if protocol == 'http':
    answers['JSON both ways'] = infer(
        tensor(float32, 'FP32', binary_data=False), outputs=wanted(binary_data=False)
    )
    answers['JSON there, binary back'] = infer(tensor(float32, 'FP32', binary_data=False))
    answers['binary there, JSON back'] = infer(
        tensor(SAMPLES.astype(np.uint8), 'UINT8'), outputs=wanted(binary_data=False)
    )
    answers['compressed answer asked for'] = infer(
        tensor(float32, 'FP32'), response_compression_algorithm='gzip'
    )
    echoed = client.infer('sums', [tensor(float32, 'FP32')], request_id='q7').get_response()['id']
else:
    echoed = client.infer('sums', [tensor(float32, 'FP32')], request_id='q7').get_response().id

best = client.infer('sums', [tensor(float32[:2], 'FP32')], outputs=wanted(class_count=2))
texts = np.array([[b'a'] * 6], dtype=np.object_)
refusals = {
    'no such model': refused(lambda: infer(tensor(float32, 'FP32'), model='nothing')),
    'no such version': refused(lambda: infer(tensor(float32, 'FP32'), model_version='2')),
    'metadata of no such model': refused(lambda: client.get_model_metadata('nothing')),
    'wrong shape': refused(lambda: infer(tensor(float32[:, :4], 'FP32'))),
    'no rows': refused(lambda: infer(tensor(float32[:0], 'FP32'))),
    'wrong input': refused(lambda: infer(tensor(float32, 'FP32', name='pixels'))),
    'texts': refused(lambda: infer(tensor(texts, 'BYTES'))),
    'another output': refused(
        lambda: infer(tensor(float32, 'FP32'), outputs=wanted() + wanted('features'))
    ),
    'an extension': refused(lambda: client.get_inference_statistics('sums')),
}
if protocol == 'http':
    refusals['compressed'] = refused(
        lambda: infer(tensor(float32, 'FP32'), request_compression_algorithm='gzip')
    )

print(
    json.dumps(
        {
            'live': client.is_server_live(),
            'ready': client.is_server_ready(),
            'model ready': [
                client.is_model_ready('sums'),
                client.is_model_ready('sums', '1'),
                client.is_model_ready('sums', '2'),
                client.is_model_ready('nothing'),
            ],
            'server': client.get_server_metadata(**as_json),
            'metadata': client.get_model_metadata('sums', **as_json),
            'config': client.get_model_config('sums', **as_json),
            'answers': answers,
            'echoed': echoed,
            'best': [[text.decode() for text in row] for row in best.as_numpy('logits')],
            'refusals': refusals,
        }
    )
)
