/** The greatest of [C] float32, NaNs ignored; −∞ if all are NaN. */
export function greatestOf(row: usize, classes: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = 0;
  for (; c + 8 <= classes; c += 8) {
    const at = row + ((<usize>c) << 2);
    // pmax(a, b) is b if a < b, otherwise a: so a NaN in b is ignored.
    a = f32x4.pmax(a, v128.load(at));
    b = f32x4.pmax(b, v128.load(at, 16));
  }
  a = f32x4.pmax(a, b);
  let most: f32 = f32x4.extract_lane(a, 0);
  if (f32x4.extract_lane(a, 1) > most) most = f32x4.extract_lane(a, 1);
  if (f32x4.extract_lane(a, 2) > most) most = f32x4.extract_lane(a, 2);
  if (f32x4.extract_lane(a, 3) > most) most = f32x4.extract_lane(a, 3);
  for (; c < classes; c++) {
    const value = load<f32>(row + ((<usize>c) << 2));
    if (value > most) most = value;
  }
  return most;
}
