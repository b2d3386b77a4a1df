"""A runtime for MLServer: logits = pixels · kernel + bias. The weights are read from a JSON file at each load."""

import json

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import get_model_uri


class LinearRuntime(MLModel):
    async def load(self) -> bool:
        with open(await get_model_uri(self._settings)) as file:
            weights = json.load(file)
        self.kernel = np.array(weights["kernel"], np.float32)
        self.bias = np.array(weights["bias"], np.float32)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        pixels = NumpyCodec.decode_input(payload.inputs[0])
        logits = pixels.reshape(len(pixels), -1) @ self.kernel + self.bias
        outputs = [NumpyCodec.encode_output("logits", logits.astype(np.float32))]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)
