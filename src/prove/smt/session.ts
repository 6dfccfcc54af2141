import type { ContextModel, KeyType } from '../../model/model.ts';
import type { Type } from '../term.ts';
import { and, either, equal, not, or, type Formula } from './formula.ts';
import { known, type Outcome } from './outcome.ts';
import type { Script } from './script.ts';
import { within, type Vocabulary } from './vocabulary.ts';

/**
 * What a session says of whom it works for.
 *
 * - `subject`: the context is a subject's, as the application sets it
 * - `nobody`: it is not set, or empty, or nothing that could be an id
 * - `anyone`: it is anything at all
 */
export type SessionKind = 'subject' | 'nobody' | 'anyone';

export interface SessionOptions {
  readonly kind: SessionKind;
  /** Of nobody's session: an id that nobody has, and that it may go by. */
  readonly stranger?: string | null;
  /** The subject has an id that somebody is given: a number of a sequence, or a generated uuid. */
  readonly ordinary?: boolean;
  /** Settings that the model does not speak of are not set. */
  readonly othersUnset: boolean;
  /** A setting that says the subject too, where it is set and not empty: an older name of the context. */
  readonly alias: string | null;
  /** The settings that PostgREST once made of each claim, `request.jwt.claim.sub`, say what the claims say, where they are set. */
  readonly older?: boolean;
}

/** A custom setting as the session has it. */
export interface Setting {
  readonly isNull: Formula;
  readonly value: Formula;
}

/** The settings of a session, and its subject. */
export class Session {
  readonly subject: Outcome;
  /** The subject's id, as a value of its type. */
  readonly id: Formula;
  readonly #settings = new Map<string, Setting>();

  constructor(
    private readonly script: Script,
    private readonly vocabulary: Vocabulary,
    private readonly context: ContextModel,
    private readonly options: SessionOptions,
  ) {
    const { type, reads } = keyTypes[context.type];
    this.id = script.fresh(type === 'text' ? 'Text' : 'Int', 'subject');
    script.assert(rangeOf(context.type, this.id, options.ordinary === true));
    // An empty context is none, so that no subject is called that.
    if (type === 'text') script.assert(not(equal(this.id, vocabulary.text(''))));
    this.subject = this.begin(type, reads);
  }

  private begin(type: Type, reads: string): Outcome {
    const { stranger = null } = this.options;
    const nobody =
      stranger === null
        ? { ...known(this.script.fresh('Text', 'nobody')), isNull: 'true' }
        : known(this.vocabulary.text(stranger));
    if (this.options.kind === 'anyone') return nobody;
    const name = this.context.setting.toLowerCase();
    if (this.options.kind === 'nobody') {
      this.#settings.set(name, this.ofNobody(reads));
      return nobody;
    }
    const own = type === 'text' ? this.id : this.vocabulary.write(type, this.id);
    this.#settings.set(name, this.ofSubject(own));
    return this.aliased(own);
  }

  get settings(): ReadonlyMap<string, Setting> {
    return this.#settings;
  }

  setting(name: string): Setting {
    const found = this.#settings.get(name) ?? this.other(name);
    this.#settings.set(name, found);
    return found;
  }

  /** Whom the session is for: nobody, where the other setting says what is no id. */
  private aliased(own: Formula): Outcome {
    if (this.options.alias === null) return known(own);
    const { isNull, value } = this.setting(this.options.alias);
    const isSet = and(not(isNull), not(equal(value, this.vocabulary.text(''))));
    const { type, reads } = keyTypes[this.context.type];
    const { valid, value: id } = this.vocabulary.read(type, reads, value);
    const isNobody = type === 'text' ? 'false' : and(isSet, not(valid));
    const spelled = type === 'text' ? value : this.vocabulary.write(type, id);
    return { ...known(either(isSet, spelled, own)), isNull: isNobody };
  }

  private other(name: string): Setting {
    const value = this.script.fresh('Text', name);
    // Those of PostgreSQL itself always have a value.
    if (!name.includes('.')) return { isNull: 'false', value };
    const isNull = this.script.fresh('Bool', `${name}_null`);
    const { kind, alias, othersUnset } = this.options;
    if (othersUnset || (kind === 'nobody' && name === alias))
      this.script.assert(or(isNull, equal(value, this.vocabulary.text(''))));
    const claim = this.options.older === true ? claimNamed(name, this.context) : undefined;
    if (claim !== undefined) this.sameAsClaim({ isNull, value }, claim);
    return { isNull, value };
  }

  private sameAsClaim({ isNull, value }: Setting, key: string): void {
    const claims = this.setting(this.context.setting.toLowerCase());
    for (const form of ['json', 'jsonb'] as const) {
      const { value: document } = this.vocabulary.read(form, form, claims.value);
      const claim = this.vocabulary.jsonAt(`${form}->>`, document, this.vocabulary.text(key));
      const says = and(not(claims.isNull), not(claim.isNull), equal(value, claim.value));
      this.script.assert(or(isNull, equal(value, this.vocabulary.text('')), says));
    }
  }

  private ofSubject(own: Formula): Setting {
    const { json, claims } = this.context;
    if (json === null) return { isNull: 'false', value: own };
    const text = this.script.fresh('Text', 'claims');
    this.script.assert(not(equal(text, this.vocabulary.text(''))));
    for (const type of ['json', 'jsonb'] as const) {
      const { valid, value } = this.vocabulary.read(type, type, text);
      this.script.assert(valid);
      this.claim(type, value, json, own);
      for (const { path, value: constant } of leavesOf(claims)) {
        if (path.join() !== json.join()) this.claim(type, value, path, this.vocabulary.text(constant));
      }
    }
    return { isNull: 'false', value: text };
  }

  /** Says that a path within a document leads to a text. */
  private claim(type: 'json' | 'jsonb', document: Formula, path: readonly string[], expected: Formula): void {
    let at = document;
    path.forEach((key, index) => {
      const last = index === path.length - 1;
      const found = this.vocabulary.jsonAt(`${type}${last ? '->>' : '->'}`, at, this.vocabulary.text(key));
      this.script.assert(not(found.isNull));
      if (last) this.script.assert(equal(found.value, expected));
      at = found.value;
    });
  }

  private ofNobody(reads: string): Setting {
    const isNull = this.script.fresh('Bool', 'context_null');
    const value = this.script.fresh('Text', 'context');
    const empty = equal(value, this.vocabulary.text(''));
    const { json, type } = this.context;
    if (json === null) {
      if (type === 'text') this.script.assert(or(isNull, empty));
      else this.script.assert(not(this.vocabulary.read(keyTypes[type].type, reads, value).valid));
      return { isNull, value };
    }
    for (const form of ['json', 'jsonb'] as const) {
      const { value: document } = this.vocabulary.read(form, form, value);
      this.nobodyIn(form, document, json, reads);
      for (const claim of leavesOf(this.context.claims)) this.constantIn(form, document, claim);
    }
    return { isNull, value };
  }

  /** Says that a path leads to nothing, or to what the model says is always there. */
  private constantIn(form: 'json' | 'jsonb', document: Formula, { path, value }: Leaf): void {
    const [key, ...deeper] = path;
    if (key === undefined || deeper.length > 0) return;
    const found = this.vocabulary.jsonAt(`${form}->>`, document, this.vocabulary.text(key));
    this.script.assert(or(found.isNull, equal(found.value, this.vocabulary.text(value))));
  }

  /** Says that a path leads to nothing, or to nothing that could be an id. */
  private nobodyIn(form: 'json' | 'jsonb', document: Formula, path: readonly string[], reads: string): void {
    let at = document;
    const missing: Formula[] = [];
    path.forEach((key, index) => {
      const last = index === path.length - 1;
      const found = this.vocabulary.jsonAt(`${form}${last ? '->>' : '->'}`, at, this.vocabulary.text(key));
      missing.push(found.isNull);
      at = found.value;
    });
    const { type } = this.context;
    const isNoId =
      type === 'text'
        ? equal(at, this.vocabulary.text(''))
        : not(this.vocabulary.read(keyTypes[type].type, reads, at).valid);
    this.script.assert(or(...missing, isNoId));
  }
}

/** The claim that an older setting of PostgREST is of. https://docs.postgrest.org/en/v11/references/configuration.html#db-use-legacy-gucs */
export function claimNamed(name: string, { setting, json }: ContextModel): string | undefined {
  if (json === null || setting.toLowerCase() !== 'request.jwt.claims') return undefined;
  return /^request\.jwt\.claim\.(.+)$/.exec(name)?.[1];
}

/** How ids are values here. */
export const keyTypes: Readonly<Record<KeyType, { readonly type: Type; readonly reads: string }>> = {
  uuid: { type: 'uuid', reads: 'uuid' },
  bigint: { type: 'int', reads: 'int8' },
  integer: { type: 'int', reads: 'int4' },
  text: { type: 'text', reads: 'text' },
};

/** Ordinary are those that `isNobody` of the model takes for somebody's. */
function rangeOf(type: KeyType, id: Formula, ordinary: boolean): Formula {
  if (type === 'uuid') return ordinary ? within(id, 1n, 2n ** 128n - 1n) : within(id, 0n, 2n ** 128n);
  if (type === 'text') return 'true';
  const bits = type === 'bigint' ? 63n : 31n;
  return within(id, ordinary ? 1n : -(2n ** bits), 2n ** bits);
}

/** A constant within the claims. */
interface Leaf {
  readonly path: readonly string[];
  readonly value: string;
}

function leavesOf(claims: Readonly<Record<string, unknown>>, above: readonly string[] = []): readonly Leaf[] {
  return Object.entries(claims).flatMap(([key, value]) => {
    const path = [...above, key];
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return leavesOf(value as Readonly<Record<string, unknown>>, path);
    return ['string', 'number', 'boolean'].includes(typeof value) ? [{ path, value: String(value) }] : [];
  });
}
