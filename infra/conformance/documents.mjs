// Validation, against the reference implementation: what graphql-js refuses is refused, what it accepts is accepted. One
// document at least for each of its rules, made for our schema.

import { readFile } from "node:fs/promises";
import { buildSchema, parse, specifiedRules, validate } from "graphql";

export const RULES = "validation as by graphql-js";

const NODE = "node(id: $id) { id }";
const LIST = "listAnalysisRequests";
const SUBMIT = "mutation ($i: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $i) { userErrors { code } } }";

/** Documents that are fine, each a neighbour of one that is not. */
const GOOD = [
  "{ __typename }",
  "query Q { me { id } }",
  `query ($id: ID!) { ${NODE} }`,
  `query ($id: ID! = "1") { ${NODE} }`,
  `query ($id: ID = "1") { ${NODE} }`,
  "{ node(id: 1) { id } }",
  "{ me { ...F } } fragment F on User { id ...G } fragment G on User { email }",
  "{ me { ... on Node { id } } }",
  "{ node(id: \"1\") { ... on User { email } ... on AgentTask { retryCount } } }",
  "{ me { ... { id } ... @include(if: true) { id } } }",
  "{ me { id @skip(if: false) email @include(if: true) } }",
  "query ($yes: Boolean!) { me { id @skip(if: $yes) } }",
  `{ ${LIST}(first: 1, status: [PENDING, FAILED]) { totalCount } }`,
  `{ ${LIST}(status: PENDING) { totalCount } }`,
  `query ($s: [AnalysisRequestStatus!]) { ${LIST}(status: $s) { totalCount } }`,
  `query ($s: AnalysisRequestStatus!) { ${LIST}(status: [$s]) { totalCount } }`,
  `{ ${LIST}(first: null) { totalCount } }`,
  "{ a: me { id } b: me { id } }",
  "{ me { id } me { email } }",
  "{ node(id: \"1\") { ... on User { x: email } ... on AgentTask { x: description } } }",
  SUBMIT,
  'mutation { submitAnalysisRequest(input: {prompt: """a block""", idempotencyKey: null}) { userErrors { code } } }',
  "query A { me { id } } query B { me { id } }",
  "{ __schema { types { name } } __type(name: \"User\") { name } }",
];

const BAD = [
  // ExecutableDefinitions, UniqueOperationNames, LoneAnonymousOperation
  "{ me { id } } type T { a: Int }",
  "query A { me { id } } query A { me { id } }",
  "{ me { id } } query A { me { id } }",
  "{ me { id } } { me { id } }",
  // SingleFieldSubscriptions
  'subscription { a: analysisRequestUpdates(requestId: "1") { id } b: analysisRequestUpdates(requestId: "1") { id } }',
  "subscription { __typename }",
  // KnownTypeNames, FragmentsOnCompositeTypes, VariablesAreInputTypes
  "query ($a: Nobody) { me { id } }",
  "{ me { ... on Nobody { id } } }",
  "{ me { ...F } } fragment F on Nobody { id }",
  "{ me { ...F } } fragment F on ID { id }",
  "{ me { ... on AnalysisRequestStatus { id } } }",
  "{ me { ... on SubmitAnalysisRequestInput { prompt } } }",
  "query ($a: User) { node(id: $a) { id } }",
  "query ($a: [Node]) { node(id: $a) { id } }",
  // ScalarLeafs, FieldsOnCorrectType
  "{ me }",
  "{ me { id { id } } }",
  "{ me { linkedAccounts } }",
  "{ me { } }",
  "{ nothing }",
  "{ node(id: \"1\") { email } }",
  "{ me { __type { name } } }",
  // UniqueFragmentNames, KnownFragmentNames, NoUnusedFragments, PossibleFragmentSpreads, NoFragmentCycles
  "{ me { ...F } } fragment F on User { id } fragment F on User { id }",
  "{ me { ...F } }",
  "{ me { id } } fragment F on User { id }",
  "{ me { ... on AgentTask { id } } }",
  "{ me { ...F } } fragment F on AgentTask { id }",
  "{ me { ...F } } fragment F on User { ...F }",
  "{ me { ...F } } fragment F on User { ...G } fragment G on User { ...F }",
  // UniqueVariableNames, NoUndefinedVariables, NoUnusedVariables
  `query ($id: ID!, $id: ID!) { ${NODE} }`,
  `{ ${NODE} }`,
  "{ ...F } fragment F on Query { node(id: $id) { id } }",
  `query ($id: ID!, $more: ID) { ${NODE} }`,
  // KnownDirectives, UniqueDirectivesPerLocation
  "{ me @nothing { id } }",
  "query @skip(if: true) { me { id } }",
  "{ me { id @deprecated } }",
  "{ me { id @skip(if: true) @skip(if: false) } }",
  "query ($id: ID! @skip(if: true)) { node(id: $id) { id } }",
  // KnownArgumentNames, UniqueArgumentNames, ProvidedRequiredArguments
  "{ me(id: 1) { id } }",
  "{ me { id @skip(if: true, unless: true) } }",
  '{ node(id: "1", id: "2") { id } }',
  "{ me { id @skip(if: true, if: true) } }",
  "{ node { id } }",
  "{ node(id: null) { id } }",
  "{ me { id @skip } }",
  // ValuesOfCorrectType, UniqueInputFieldNames
  "{ node(id: true) { id } }",
  "{ node(id: 1.5) { id } }",
  "{ node(id: [\"1\"]) { id } }",
  "{ node(id: A) { id } }",
  `{ ${LIST}(first: "1") { totalCount } }`,
  `{ ${LIST}(first: 1.0) { totalCount } }`,
  `{ ${LIST}(first: 2147483648) { totalCount } }`,
  `{ ${LIST}(after: 1) { totalCount } }`,
  `{ ${LIST}(status: "PENDING") { totalCount } }`,
  `{ ${LIST}(status: ["PENDING"]) { totalCount } }`,
  `{ ${LIST}(status: [LOST]) { totalCount } }`,
  `{ ${LIST}(status: [null]) { totalCount } }`,
  "{ me { id @skip(if: 1) } }",
  "mutation { submitAnalysisRequest(input: {}) { userErrors { code } } }",
  "mutation { submitAnalysisRequest(input: {prompt: 1}) { userErrors { code } } }",
  "mutation { submitAnalysisRequest(input: {prompt: null}) { userErrors { code } } }",
  'mutation { submitAnalysisRequest(input: {prompt: "a", more: 1}) { userErrors { code } } }',
  'mutation { submitAnalysisRequest(input: {prompt: "a", prompt: "b"}) { userErrors { code } } }',
  'mutation { submitAnalysisRequest(input: "a") { userErrors { code } } }',
  `query ($n: Int = "1") { ${LIST}(first: $n) { totalCount } }`,
  `query ($n: Int = 2147483648) { ${LIST}(first: $n) { totalCount } }`,
  `query ($s: [AnalysisRequestStatus!] = ["PENDING"]) { ${LIST}(status: $s) { totalCount } }`,
  `query ($n: Int! = null) { ${LIST}(first: $n) { totalCount } }`,
  // VariablesInAllowedPosition
  `query ($id: ID) { ${NODE} }`,
  `query ($id: String!) { ${NODE} }`,
  `query ($id: [ID!]!) { ${NODE} }`,
  `query ($s: [AnalysisRequestStatus]) { ${LIST}(status: $s) { totalCount } }`,
  "query ($yes: Boolean) { me { id @skip(if: $yes) } }",
  "mutation ($p: String) { submitAnalysisRequest(input: {prompt: $p}) { userErrors { code } } }",
  // OverlappingFieldsCanBeMerged
  "{ me { id: email id } }",
  '{ a: node(id: "1") { id } a: node(id: "2") { id } }',
  "{ me { ...F id: email } } fragment F on User { id }",
  '{ node(id: "1") { ... on User { x: email } ... on AgentTask { x: retryCount } } }',
  `{ ${LIST} { totalCount } ${LIST}(first: 1) { totalCount } }`,
  // not a document
  "",
  "{",
  "{ me { id ",
  "query ($a) { me { id } }",
  '{ node(id: "\\q") { id } }',
  '{ node(id: "\\ud800") { id } }',
  '{ node(id: "no end) { id } }',
  "{ node(id: 01) { id } }",
  "{ node(id: 1a) { id } }",
  "fragment on on User { id }",
];

export const RULES_COUNT = GOOD.length + BAD.length;

export async function compare(world, table, sdl) {
  table.section(RULES);
  const schema = buildSchema(await readFile(sdl, "utf8"));
  const token = await world.token(0);
  for (const [documents, fine] of [
    [GOOD, true],
    [BAD, false],
  ]) {
    for (const document of documents) {
      const theirs = judge(schema, document);
      const ours = await accepted(world, document, token);
      const claim = `${fine ? "accepted" : "refused"}: ${document.slice(0, 90)}`;
      const reason = `graphql-js ${theirs ? "accepts" : "refuses"} it, alatar ${ours.fine ? "accepts" : "refuses"} it (${ours.said})`;
      table.row(fine ? "good" : "bad", theirs === fine && ours.fine === fine, claim, reason);
    }
  }
}

function judge(schema, document) {
  try {
    return validate(schema, parse(document), specifiedRules).length === 0;
  } catch {
    return false;
  }
}

/** Something for every variable, so that none of them is what is refused. */
const VARIABLES = {
  id: "1",
  more: "1",
  a: "1",
  yes: true,
  n: 1,
  s: "PENDING",
  p: "How?",
  i: { prompt: "How?" },
};

async function accepted(world, document, token) {
  const { errors } = await world.ask(document, VARIABLES, token);
  const codes = (errors ?? []).map((error) => error.extensions.code);
  const said = errors?.[0]?.message ?? "data";
  return { fine: !codes.some((code) => /^GRAPHQL_/.test(code)), said };
}
