/** Tells refusals of single inputs, which are answers, from those of a server that takes nothing. */
import { LyceumError } from '@lyceum/proto';

/** Some inputs are too long or offend a filter; so many together are none of that. */
const IN_A_ROW = 32;

export class Refusals {
  #wasTaken: boolean;
  /** Inputs that were refused since one was taken. */
  #count = 0;
  #last = '';

  /** @param wasTaken - whether the server has answered such questions before. */
  constructor(wasTaken: boolean) {
    this.#wasTaken = wasTaken;
  }

  taken(): void {
    this.#count = 0;
    this.#wasTaken = true;
  }

  /**
   * @param why - as the error of its call says it.
   * @throws {LyceumError} FAILED_PRECONDITION if so many in a row were refused that the inputs are hardly why.
   */
  refused(why: string): void {
    this.#count += 1;
    this.#last = why;
    if (this.#count >= IN_A_ROW) throw this.#all('inputs in a row');
  }

  /** When nothing more is to be asked. @throws {LyceumError} FAILED_PRECONDITION if no input was ever taken. */
  end(): void {
    if (this.#count > 0 && !this.#wasTaken) throw this.#all('inputs, and took none');
  }

  #all(which: string): LyceumError {
    const message = `${this.#last}; it refused ${this.#count} ${which}, so the inputs are hardly why: mend the description or the key, then collect --again refused`;
    return new LyceumError('FAILED_PRECONDITION', message);
  }
}
