//! What requests to the GraphQL API cost, over HTTP, among a million questions of a thousand merchants.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use runtime::app::App;
use runtime::config::Config;
use runtime::queue::Queue;
use runtime::relay;
use serde_json::{Value, json};

use super::customers::{self, Customer};
use super::generator::{self, Sent};
use super::statistics::Statistics;
use super::{Line, line, mebibytes, pgbench, processes};
use crate::error::Error;
use crate::progress::Progress;
use crate::server;
use crate::sockets::Sockets;
use crate::world::World;

const ONE: &str = "query One($id: ID!) { analysisRequest(id: $id) {
  id prompt status progress errorCode errorMessage createdAt updatedAt completedAt } }";
const LIST: &str =
    "query List($first: Int, $after: String) { listAnalysisRequests(first: $first, after: $after) {
  edges { cursor node { id prompt status createdAt } } pageInfo { hasNextPage endCursor } } }";
const SUBMIT: &str =
    "mutation Submit($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) {
  analysisRequest { id status createdAt } userErrors { code message field } } }";

/// Requests before each count, so that plans are made and memory is taken.
const WARM: usize = 2_000;
const COUNTED: usize = 20_000;
/// No more than the queue, which nobody reads here, has room for.
const SUBMITTED: usize = 7_000;
const REFUSED: usize = 500;
/// Requests between the two looks at the memory.
const SOAKED: usize = 200_000;

/// Measures requests against a world of its own.
///
/// # Errors
/// Whatever keeps a world from coming up or a request from being answered.
pub(super) async fn measure(
    config: Config,
    program: PathBuf,
    progress: &Progress,
) -> Result<Vec<Line>, Error> {
    let world = super::world(config, None, program, progress).await?;
    let lines = in_world(&world, progress).await;
    world.stop().await?;
    lines
}

async fn in_world(world: &World, progress: &Progress) -> Result<Vec<Line>, Error> {
    progress.say("writing a million questions of a thousand merchants");
    let customers = customers::settle(&world.run().owner_database_url).await?;
    // What is submitted waits in a queue that nobody reads: the orchestrator's work is measured elsewhere.
    let (handle, _inbox) = relay::channel();
    let app = App { queue: Queue::Local(handle), ..world.app().clone() };
    let sockets =
        Sockets::open(&app.store).await.map_err(Error::store("the database could not be opened"))?;
    let listener = crate::listen(0).await?;
    let address = listener.local_addr().map_err(|source| Error::Listen { port: 0, source })?;
    let serving = tokio::spawn(server::serve(listener, app.clone(), sockets, std::future::pending()));
    let statistics = Statistics::connect(&world.run().owner_database_url).await?;
    let bench = Bench { app, address, statistics, customers };
    let lines = bench.all(world, progress).await;
    serving.abort();
    lines
}

struct Bench {
    app: App,
    address: SocketAddr,
    statistics: Statistics,
    customers: Vec<Customer>,
}

/// What one request cost.
struct Cost {
    ours_us: f64,
    postgres_us: f64,
    a_second: f64,
}

impl Bench {
    async fn all(&self, world: &World, progress: &Progress) -> Result<Vec<Line>, Error> {
        let mut lines = Vec::new();
        progress.say("asking for questions by their ids");
        let one = self.count(COUNTED, |turn| self.one(turn)).await?;
        lines.push(one.line("analysisRequest(id)", "40 + 40 us"));
        progress.say("asking for pages");
        let list = self.count(COUNTED / 2, |turn| self.page(turn, 20, None)).await?;
        lines.push(list.line("listAnalysisRequests(first: 20)", "90 + 110 us"));
        progress.say("submitting questions");
        let submit = self.count(SUBMITTED, |turn| self.submission(turn)).await?;
        lines.push(submit.line("submitAnalysisRequest", "65 + 110 us"));
        lines.extend(self.deep_pages(progress).await?);
        lines.extend(self.hostile(progress).await?);
        progress.say("running pgbench");
        let plain = pgbench::reads_a_second(world, &self.customers).await?;
        let share = plain.map_or_else(
            || "no pgbench of 16".to_owned(),
            |plain| format!("{:.0} %", 100.0 * one.a_second / plain),
        );
        lines.push(line("  reads a second, beside pgbench's pipelined ones", share, "50 % or more"));
        lines.push(self.memory(progress).await?);
        Ok(lines)
    }

    async fn count(
        &self,
        times: usize,
        request: impl Fn(usize) -> Result<Vec<u8>, Error>,
    ) -> Result<Cost, Error> {
        self.send(0..WARM.min(times), &request, "200").await?;
        self.measured(WARM..WARM + times, &request, "200").await
    }

    async fn measured(
        &self,
        turns: std::ops::Range<usize>,
        request: &impl Fn(usize) -> Result<Vec<u8>, Error>,
        status: &'static str,
    ) -> Result<Cost, Error> {
        let requests = turns.len();
        // Written before the clock starts: they are the client's work.
        let prepared = turns.map(request).collect::<Result<Vec<_>, _>>()?;
        let (ours, postgres) = (processes::cpu_of_this_process(), self.statistics.postgres_cpu());
        let sent = generator::send(self.address, prepared, status).await?;
        let ours = processes::cpu_of_this_process().saturating_sub(ours).saturating_sub(sent.own);
        let postgres = self.statistics.postgres_cpu().saturating_sub(postgres);
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let requests = requests as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / requests;
        Ok(Cost {
            ours_us: each(ours),
            postgres_us: each(postgres),
            a_second: requests / sent.took.as_secs_f64(),
        })
    }

    async fn send(
        &self,
        turns: std::ops::Range<usize>,
        request: &impl Fn(usize) -> Result<Vec<u8>, Error>,
        status: &'static str,
    ) -> Result<Sent, Error> {
        let prepared = turns.map(request).collect::<Result<Vec<_>, _>>()?;
        generator::send(self.address, prepared, status).await
    }

    fn customer(&self, turn: usize) -> Result<&Customer, Error> {
        let customer = self.customers.get(turn * 7 % self.customers.len().max(1));
        customer.ok_or_else(|| Error::Failed("there are no merchants to measure with".to_owned()))
    }

    fn by(&self, customer: &Customer, document: &str, variables: &Value) -> Result<Vec<u8>, Error> {
        let token = customer.token(&self.app)?;
        Ok(generator::request(&token, &json!({"query": document, "variables": variables})))
    }

    fn one(&self, turn: usize) -> Result<Vec<u8>, Error> {
        let customer = self.customer(turn)?;
        let id = customer.requests.get(turn / 1_000 % customer.requests.len().max(1));
        self.by(customer, ONE, &json!({"id": id.map(|id| id.opaque())}))
    }

    fn page(&self, turn: usize, first: u32, after: Option<&str>) -> Result<Vec<u8>, Error> {
        self.by(self.customer(turn)?, LIST, &json!({"first": first, "after": after}))
    }

    fn submission(&self, turn: usize) -> Result<Vec<u8>, Error> {
        let input = json!({"prompt": "How did net sales develop in the last quarter?"});
        self.by(self.customer(turn)?, SUBMIT, &json!({"input": input}))
    }

    /// Page 1 and page 50,000 of a list of 100,010, two on a page.
    async fn deep_pages(&self, progress: &Progress) -> Result<Vec<Line>, Error> {
        progress.say("turning pages");
        let first = self.customer(0)?;
        let mut after: Option<String> = None;
        for _ in 0..customers::QUESTIONS_OF_FIRST / 100 {
            let request = self.by(first, LIST, &json!({"first": 100, "after": after}))?;
            let sent = generator::send(self.address, vec![request], "200").await?;
            after = cursor(&sent.last);
        }
        let page = |after: Option<String>| {
            move |_| self.by(first, LIST, &json!({"first": 2, "after": after.clone()}))
        };
        let near = self.count(WARM, page(None)).await?;
        let far = self.count(WARM, page(after)).await?;
        let ratio = (far.ours_us + far.postgres_us) / (near.ours_us + near.postgres_us);
        Ok(vec![line("page 50,000 beside page 1", format!("{ratio:.2}"), "1")])
    }

    /// Documents that only cost: nothing of them may reach a parser that recurses, or the database.
    async fn hostile(&self, progress: &Progress) -> Result<Vec<Line>, Error> {
        progress.say("refusing hostile documents");
        let customer = self.customer(1)?;
        let fan = (0..6).fold("id".to_owned(), |below, depth| {
            let fields: Vec<_> =
                (0..6).map(|field| format!("a{depth}{field}: node(id: \"x\") {{ ...F{depth} }}")).collect();
            format!("{} {below}", fields.join(" ")).chars().take(2_000).collect()
        });
        let documents = [
            ("a fan of aliases", format!("{{ {fan} }}")),
            ("16 KiB of brackets", format!("{{ {}", "a { ".repeat(4_000))),
            ("1,000 tokens of fields", format!("{{ {} }}", "me ".repeat(990))),
        ];
        let mut lines = Vec::new();
        for (what, document) in documents {
            let request = |_| self.by(customer, &document, &json!({}));
            self.send(0..REFUSED / 10, &request, "400").await?;
            let before = processes::resident_bytes();
            let cost = self.measured(0..REFUSED, &request, "400").await?;
            let grown = processes::resident_bytes().saturating_sub(before);
            let spent = (cost.ours_us + cost.postgres_us) / 1e3;
            let measured = format!("{spent:.3} ms, {}", mebibytes(grown));
            lines.push(line(format!("refusal of {what}"), measured, "5 ms, 16 MiB"));
        }
        Ok(lines)
    }

    async fn memory(&self, progress: &Progress) -> Result<Line, Error> {
        progress.say("looking at the memory");
        let before = processes::resident_bytes();
        let step = 10_000;
        for turn in (0..SOAKED).step_by(step) {
            self.send(turn..turn + step, &|turn| self.one(turn), "200").await?;
        }
        let after = processes::resident_bytes();
        let measured = format!("{} to {}", mebibytes(before), mebibytes(after));
        Ok(line(format!("memory over {SOAKED} requests"), measured, "flat"))
    }
}

impl Cost {
    fn line(&self, what: &str, budget: &'static str) -> Line {
        let measured = format!("{:.0} + {:.0} us", self.ours_us, self.postgres_us);
        line(format!("{what}, processor time, ours + PostgreSQL's"), measured, budget)
    }
}

/// The cursor at the end of a page, in a whole HTTP answer.
fn cursor(answer: &str) -> Option<String> {
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let body: Value = serde_json::from_str(body).ok()?;
    body.pointer("/data/listAnalysisRequests/pageInfo/endCursor")?.as_str().map(str::to_owned)
}
