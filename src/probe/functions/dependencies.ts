import { groupBy } from '../../catalog/derived.ts';
import type { CatalogSnapshot, Policy, Relation, Routine } from '../../catalog/snapshot.ts';
import { asksForSetting } from '../../sql/setting.ts';
import { type Body, readBody } from './body.ts';

/** What an object may lead to, through functions and views, at any depth. */
export interface Reach {
  /** The oids of relations. */
  readonly relations: ReadonlySet<number>;
  readonly routines: ReadonlySet<Routine>;
  /** Somewhere a statement is made up, so that the rest is not known. */
  readonly dynamic: boolean;
  /** Somewhere the session is asked who it is for. */
  readonly asksContext: boolean;
}

interface Node {
  readonly text: string;
  readonly body: Body;
  /** By oid, where the catalog itself records them. */
  readonly relations: readonly number[];
  readonly routines: readonly number[];
  readonly routine: Routine | null;
}

/**
 * What functions, views, policies and queries lead to. The catalog keeps no record of what most functions read and call, so that
 * their texts are searched for names: a name stands for everything that has it, in whatever schema, and too much is found rather than too little.
 */
export class Dependencies {
  readonly #routines: ReadonlyMap<number, Node>;
  readonly #relations: ReadonlyMap<number, Node>;
  readonly #policies: ReadonlyMap<number, readonly Node[]>;
  readonly #routinesNamed: ReadonlyMap<string, readonly Routine[]>;
  readonly #relationsNamed: ReadonlyMap<string, readonly Relation[]>;

  /** @param settings the names of the settings that say who a session is for */
  constructor(
    snapshot: CatalogSnapshot,
    private readonly settings: readonly string[],
  ) {
    this.#routines = new Map(snapshot.functions.map((routine) => [routine.oid, nodeOfRoutine(routine)]));
    this.#relations = new Map(snapshot.relations.map((relation) => [relation.oid, nodeOfRelation(snapshot, relation)]));
    const policies = [...groupBy(snapshot.policies, ({ polrelid }) => polrelid)];
    this.#policies = new Map(policies.map(([oid, some]) => [oid, some.map(nodeOfPolicy)]));
    this.#routinesNamed = groupBy(snapshot.functions, ({ proname }) => proname);
    this.#relationsNamed = groupBy(snapshot.relations, ({ relname }) => relname);
  }

  /** What a relation leads to beside itself. */
  ofRelation({ oid }: Relation): Reach {
    return this.#reach([this.#relations.get(oid), ...(this.#policies.get(oid) ?? [])]);
  }

  ofRoutine({ oid }: Routine): Reach {
    return this.#reach([this.#routines.get(oid)]);
  }

  ofQuery(text: string): Reach {
    return this.#reach([textNode(text)]);
  }

  /** Whether a function does nothing but read, whatever it is declared to be. */
  onlyReads({ oid, prokind }: Routine, volatileNames: ReadonlySet<string>): boolean {
    if (prokind !== 'f') return false;
    return [...this.#walk([this.#routines.get(oid)], false)].every(
      ({ body, routine }) =>
        (routine !== null && routine.provolatile !== 'v') ||
        (!body.writes && !body.dynamic && ![...body.words].some((word) => volatileNames.has(word))),
    );
  }

  #reach(from: readonly (Node | undefined)[]): Reach {
    const nodes = [...this.#walk(from, true)];
    return {
      relations: new Set(nodes.flatMap((node) => this.#relationsOf(node))),
      routines: new Set(nodes.flatMap(({ routine }) => routine ?? [])),
      dynamic: nodes.some(({ body }) => body.dynamic),
      // A policy that asks does not help a query of somebody whom it does not bind.
      asksContext: [...this.#walk(from, false)].some(
        ({ body, text }) =>
          body.words.has('current_setting') || this.settings.some((setting) => asksForSetting(text, setting)),
      ),
    };
  }

  #walk(from: readonly (Node | undefined)[], throughPolicies: boolean): ReadonlySet<Node> {
    const reached = new Set(from.filter((node) => node !== undefined));
    // A set that grows while it is walked is walked to its end.
    for (const node of reached) {
      for (const oid of this.#relationsOf(node)) {
        const relation = this.#relations.get(oid);
        if (relation) reached.add(relation);
        if (throughPolicies) for (const policy of this.#policies.get(oid) ?? []) reached.add(policy);
      }
      for (const oid of this.#routinesOf(node)) {
        const routine = this.#routines.get(oid);
        if (routine) reached.add(routine);
      }
    }
    return reached;
  }

  #relationsOf({ body, relations }: Node): readonly number[] {
    return [
      ...relations,
      ...[...body.words].flatMap((word) => this.#relationsNamed.get(word) ?? []).map(({ oid }) => oid),
    ];
  }

  #routinesOf({ body, routines }: Node): readonly number[] {
    return [
      ...routines,
      ...[...body.words].flatMap((word) => this.#routinesNamed.get(word) ?? []).map(({ oid }) => oid),
    ];
  }
}

function textNode(text: string, language?: string): Node {
  return { text, body: readBody(text, language), relations: [], routines: [], routine: null };
}

function nodeOfRoutine(routine: Routine): Node {
  return { ...textNode(routine.prosrc, routine.lanname), relations: routine.dependsOn, routine };
}

/** The catalog records all that a view reads: its text is not searched for names. */
function nodeOfRelation({ relations }: CatalogSnapshot, relation: Relation): Node {
  const node = textNode(relation.definition ?? '');
  const children = relations.filter(({ parents }) => parents.includes(relation.oid)).map(({ oid }) => oid);
  return {
    ...node,
    body: { ...node.body, words: new Set([...node.body.words].filter((word) => word === 'current_setting')) },
    relations: [...relation.dependsOn, ...children],
    routines: relation.callsFunctions,
  };
}

function nodeOfPolicy({ polqual, polwithcheck, dependsOn, callsFunctions }: Policy): Node {
  const text = `${polqual ?? ''}\n${polwithcheck ?? ''}`;
  return { ...textNode(''), text, relations: dependsOn, routines: callsFunctions };
}
