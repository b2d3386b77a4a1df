/**
 * Reads a drawn digit with the pulled student. `?draw=7` draws a 7 without a person.
 *
 * The drawing is brought into the form of the digits that the student learned: fitted into 20 × 20 pixels, with its
 * centre of mass in the middle of 28 × 28 pixels (LeCun et al. 1998, §III.A).
 */
const tf = globalThis.tf;
const SIDE = 28;
const BOX = 20;
const INK = 26;

/** Strokes of each digit, in a square of side 1. */
const STROKES = [
  [ring(0.5, 0.5, 0.2, 0.33, 0, 360)],
  [[[0.4, 0.28], [0.53, 0.16], [0.53, 0.84]]], // biome-ignore format: short
  [[...ring(0.5, 0.34, 0.18, 0.18, 200, 390), [0.32, 0.82], [0.72, 0.82]]],
  [[...ring(0.48, 0.33, 0.17, 0.17, 210, 450), ...ring(0.48, 0.67, 0.19, 0.18, 270, 500)]],
  [[[0.36, 0.18], [0.3, 0.55], [0.72, 0.55]], [[0.62, 0.2], [0.58, 0.86]]], // biome-ignore format: short
  [[[0.68, 0.18], [0.38, 0.18], [0.35, 0.48], ...ring(0.48, 0.65, 0.2, 0.2, 240, 500)]],
  [[[0.6, 0.16], [0.4, 0.4], ...ring(0.5, 0.66, 0.18, 0.18, 190, 560)]],
  [[[0.3, 0.2], [0.7, 0.2], [0.46, 0.84]]], // biome-ignore format: short
  [ring(0.5, 0.33, 0.15, 0.16, 0, 360), ring(0.5, 0.67, 0.18, 0.18, 0, 360)],
  [[...ring(0.5, 0.35, 0.17, 0.17, 0, 360), [0.66, 0.36], [0.6, 0.86]]],
];

function ring(x, y, radiusX, radiusY, fromDegrees, toDegrees) {
  const points = [];
  for (let degrees = fromDegrees; degrees <= toDegrees; degrees += 15) {
    const angle = (degrees * Math.PI) / 180;
    points.push([x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)]);
  }
  return points;
}

const element = (id) => document.getElementById(id);
const pad = element('pad');
const pen = pad.getContext('2d', { willReadFrequently: true });
pen.lineWidth = INK;
pen.lineCap = 'round';
pen.lineJoin = 'round';
pen.strokeStyle = '#fff';

/** @returns [28 · 28], 0 to 1; undefined: nothing is drawn. */
function seenDigit() {
  const { width, height } = pad;
  const { data } = pen.getImageData(0, 0, width, height);
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x)] === 0) continue;
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
    }
  }
  if (right < 0) return undefined;
  const [w, h] = [right - left + 1, bottom - top + 1];
  const scale = BOX / Math.max(w, h);
  const fitted = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });
  fitted.imageSmoothingQuality = 'high';
  const draw = (x, y) => {
    fitted.clearRect(0, 0, SIDE, SIDE);
    fitted.drawImage(pad, left, top, w, h, x, y, w * scale, h * scale);
    const pixels = fitted.getImageData(0, 0, SIDE, SIDE).data;
    return Float32Array.from({ length: SIDE * SIDE }, (_, i) => pixels[4 * i] / 255);
  };
  const [x, y] = [(SIDE - w * scale) / 2, (SIDE - h * scale) / 2];
  const [massX, massY] = centreOfMass(draw(x, y));
  return draw(x + SIDE / 2 - massX, y + SIDE / 2 - massY);
}

function centreOfMass(pixels) {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (const [i, ink] of pixels.entries()) {
    sum += ink;
    sumX += ink * ((i % SIDE) + 0.5);
    sumY += ink * (Math.floor(i / SIDE) + 0.5);
  }
  return [sumX / sum, sumY / sum];
}

function show(pixels, probabilities, milliseconds) {
  const image = new ImageData(SIDE, SIDE);
  for (const [i, ink] of pixels.entries())
    image.data.set([ink * 255, ink * 255, ink * 255, 255], 4 * i);
  element('seen').getContext('2d').putImageData(image, 0, 0);
  const best = probabilities.indexOf(Math.max(...probabilities));
  element('answer').value = String(best);
  element('latency').textContent = `${milliseconds.toFixed(1)} ms on this device`;
  element('classes').replaceChildren(
    ...probabilities.map((p, digit) => {
      const row = document.createElement('tr');
      row.className = digit === best ? 'best' : '';
      const bar = document.createElement('div');
      bar.style.width = `${100 * p}%`;
      const cells = [String(digit), bar, `${(100 * p).toFixed(1)} %`].map((content) => {
        const cell = document.createElement('td');
        cell.append(content);
        return cell;
      });
      cells[1].className = 'bar';
      row.append(...cells);
      return row;
    }),
  );
}

async function read(model, settings) {
  const pixels = seenDigit();
  if (pixels === undefined) return;
  const began = performance.now();
  const output = tf.tidy(() => {
    const input = tf.tensor(pixels, [1, SIDE, SIDE, 1]).mul(settings.scale ?? 1);
    const given = model.predict(input);
    return settings.output === 'logits' ? given.softmax() : given;
  });
  const probabilities = [...(await output.data())];
  output.dispose();
  show(pixels, probabilities, performance.now() - began);
}

function clear() {
  pen.clearRect(0, 0, pad.width, pad.height);
  element('answer').value = '…';
  element('classes').replaceChildren();
}

function draw(strokes) {
  clear();
  for (const [first, ...rest] of strokes) {
    pen.beginPath();
    pen.moveTo(first[0] * pad.width, first[1] * pad.height);
    for (const [x, y] of rest) pen.lineTo(x * pad.width, y * pad.height);
    pen.stroke();
  }
}

async function start() {
  const model = await tf.loadLayersModel('student/model.json');
  const settings = await (await fetch('student/settings.json')).json();
  const wanted = JSON.stringify([null, SIDE, SIDE, 1]);
  if (JSON.stringify(model.inputs[0].shape) !== wanted) {
    throw new Error(
      `the student takes inputs of shape ${JSON.stringify(model.inputs[0].shape)}; want ${wanted}`,
    );
  }
  element('student').textContent =
    `${model.countParams().toLocaleString('en')} parameters, on ${tf.getBackend()}. Draw a digit.`;
  // The first inference compiles and is slow: run it before a user draws.
  const warm = tf.tidy(() => model.predict(tf.zeros([1, SIDE, SIDE, 1])));
  await warm.data();
  warm.dispose();
  const readNow = () => read(model, settings);
  let last;
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    last = [event.offsetX, event.offsetY];
  });
  pad.addEventListener('pointermove', (event) => {
    if (last === undefined) return;
    pen.beginPath();
    pen.moveTo(...last);
    last = [event.offsetX, event.offsetY];
    pen.lineTo(...last);
    pen.stroke();
    void readNow();
  });
  pad.addEventListener('pointerup', () => {
    last = undefined;
  });
  element('clear').addEventListener('click', clear);
  const asked = new URLSearchParams(location.search).get('draw');
  if (asked !== null && STROKES[Number(asked)] !== undefined) {
    draw(STROKES[Number(asked)]);
    await readNow();
  }
}

start().catch((err) => {
  element('student').textContent = '';
  element('problem').textContent = `The student cannot be used: ${err.message}`;
});
