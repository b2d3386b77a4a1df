/** Tells a server that refuses single inputs (a refusal then counts as an answer) from one that refuses everything. */
import { LyceumError } from '@lyceum/proto';

/** Some inputs are too long or offend a filter; this many refusals in a row have another cause. */
const IN_A_ROW = 32;

export class Refusals {
  #wasTaken: boolean;
  /** Inputs refused since the last input that was taken. */
  #count = 0;
  #last = '';

  /** @param wasTaken - whether the server has already answered questions of this document. */
  constructor(wasTaken: boolean) {
    this.#wasTaken = wasTaken;
  }

  taken(): void {
    this.#count = 0;
    this.#wasTaken = true;
  }

  /**
   * @param why - text of the call's error.
   * @throws {LyceumError} FAILED_PRECONDITION after too many refusals in a row.
   */
  refused(why: string): void {
    this.#count += 1;
    this.#last = why;
    if (this.#count >= IN_A_ROW) throw this.#all('inputs in a row');
  }

  /** Call when all questions were asked. @throws {LyceumError} FAILED_PRECONDITION if no input was ever taken. */
  end(): void {
    if (this.#count > 0 && !this.#wasTaken) throw this.#all('inputs, and took none');
  }

  #all(which: string): LyceumError {
    const message = `${this.#last}; the server refused ${this.#count} ${which}; the cause is probably the description or the key: correct it, then collect --again refused`;
    return new LyceumError('FAILED_PRECONDITION', message);
  }
}
