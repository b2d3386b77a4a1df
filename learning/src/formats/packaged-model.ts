/** A model's package of any format: its members tell which, and all are described the same way. */
import { type ModelDescription, type ModelSettings, packageMembers } from '../models/index.js';
import type { LayerDescription } from '../models/layers/index.js';
import {
  type FormatName,
  formatIn,
  formatNamed,
  isTrainable,
  type PackageOf,
  type TrainableName,
} from './table.js';

export type PackagedModel = {
  readonly [Name in FormatName]: { readonly format: Name; readonly model: PackageOf<Name> };
}[FormatName];

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function parsePackagedModel(bytes: Uint8Array, source = 'model package'): PackagedModel {
  const members = packageMembers(bytes, source);
  const format = formatIn(members);
  const model = format.parse(members, source);
  return { format: format.nameOf?.(model) ?? format.name, model } as PackagedModel;
}

export interface PackagedModelDescription extends ModelDescription {
  readonly format: FormatName;
  readonly settings: ModelSettings;
}

/** @throws {InvalidDocumentError} if a graph cannot be asked as a classifier. */
export function describePackagedModel({ format, model }: PackagedModel): PackagedModelDescription {
  return { ...formatNamed(format).describe(model), format, settings: model.settings };
}

/** Whether a student may be of this package's format. */
export function isTrainablePackage(
  packaged: PackagedModel,
): packaged is Extract<PackagedModel, { readonly format: TrainableName }> {
  return isTrainable(packaged.format);
}

/** The same package, asked with other settings. These may make it one of another format with the same members. */
export function withSettings(packaged: PackagedModel, settings: ModelSettings): PackagedModel {
  const model = { ...packaged.model, settings };
  const { name, nameOf } = formatNamed(packaged.format);
  return { format: nameOf?.(model) ?? name, model } as PackagedModel;
}

/** The model's layers; none if the format does not tell them. */
export function packagedModelLayers({ format, model }: PackagedModel): readonly LayerDescription[] {
  return formatNamed(format).layers?.(model) ?? [];
}
