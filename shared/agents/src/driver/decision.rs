//! One decision: an event goes through `flow::analysis::step` until no order is left that is pure, and everything that
//! follows from it is collected for one statement.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};

use auth::Tenant;
use auth::envelope::Message;
use domain::digest::Digest;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId};
use domain::money::Currency;
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use flow::analysis::state::{Ending, Phase, State};
use flow::analysis::{self, Command, Event};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::outbox::NewMessage;
use store::turns::{self, Account, Loaded, NewTask, Save};
use uuid::Uuid;

use super::findings;
use crate::Error;
use crate::context::Agents;
use crate::tools::Done;
use crate::{departments, orchestrator, planner, renderer};

/// Before the shop was first asked. The plan is settled after that.
const UNKNOWN_ZONE: &str = "UTC";
/// ISO 4217's word for no currency.
const UNKNOWN_CURRENCY: &str = "XXX";

pub(super) struct Decision<'a> {
    agents: &'a Agents,
    tenant: &'a Tenant,
    request: AnalysisRequestId,
    loaded: &'a Loaded,
    now: Timestamp,
    state: State,
    journal: Vec<Event>,
    tasks: Vec<NewTask>,
    messages: Vec<NewMessage>,
    answer: Option<Vec<u8>>,
}

impl<'a> Decision<'a> {
    pub(super) fn new(
        agents: &'a Agents,
        tenant: &'a Tenant,
        request: AnalysisRequestId,
        loaded: &'a Loaded,
        now: Timestamp,
    ) -> Self {
        Self {
            agents,
            tenant,
            request,
            loaded,
            now,
            state: State::default(),
            journal: Vec::new(),
            tasks: Vec::new(),
            messages: Vec::new(),
            answer: None,
        }
    }

    /// Steps until nothing pure is left to do; `flow` bounds the number of steps.
    pub(super) fn take(mut self, state: State, event: Event) -> Self {
        self.state = state;
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let before = self.state.clone();
            let step = analysis::step(before.clone(), &event);
            if step.state != before {
                self.journal.push(event);
            }
            self.state = step.state;
            for command in step.commands {
                events.extend(self.obey(command));
            }
        }
        if self.state.is_done() {
            self.messages.retain(|message| message.id != wake_up(self.request));
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.journal.is_empty()
    }

    /// The wake-up at the deadline of an analysis that has ended before it.
    pub(super) fn obsolete(&self) -> Vec<MessageId> {
        if self.state.is_done() { vec![wake_up(self.request)] } else { Vec::new() }
    }

    /// The turn as one statement.
    pub(super) fn save(&self, message_id: MessageId) -> Result<Save<'_>, Error> {
        let events = self.journal.iter().map(row).collect::<Result<_, _>>().map_err(unwritable)?;
        let (status, error) = match &self.state.phase {
            Phase::New => (AnalysisRequestStatus::Pending, None),
            Phase::Planning | Phase::Working | Phase::Settling | Phase::Rendering => {
                (AnalysisRequestStatus::Processing, None)
            }
            Phase::Done { ending: Ending::Completed } => (AnalysisRequestStatus::Completed, None),
            Phase::Done { ending: Ending::Cancelled } => (AnalysisRequestStatus::Cancelled, None),
            Phase::Done { ending: Ending::Failed { failure } } => {
                (AnalysisRequestStatus::Failed, Some((failure.code, failure.message.clone())))
            }
        };
        Ok(Save {
            request: self.request,
            version: self.loaded.version,
            message_id,
            events,
            agent_state: serde_json::to_value(&self.state).map_err(unwritable)?,
            status: (self.loaded.status, status),
            progress: analysis::progress(&self.state),
            result: self.answer.as_deref(),
            error,
            account: self.loaded.account.as_ref().map(|account| account.id),
            tasks: self.tasks.clone(),
            messages: self.messages.clone(),
            change: self.agents.change(self.tenant, self.request),
            now: self.now,
        })
    }

    /// Carries an order out, or notes it for the commit. What a pure order made comes back as an event.
    fn obey(&mut self, command: Command) -> Option<Event> {
        match command {
            Command::WakeAt { at } => {
                let asked = Message::Asked { request: self.request };
                let id = wake_up(self.request);
                let queue = orchestrator::QUEUE;
                self.messages.push(self.agents.message_with(id, self.tenant, queue, &asked, at));
                None
            }
            Command::Plan => Some(guarded(|| self.plan(), unplanned())),
            Command::Settle => Some(guarded(|| self.settle(), unplanned())),
            Command::Dispatch { steps } => {
                steps.into_iter().for_each(|step| self.dispatch(step));
                None
            }
            Command::Render => {
                let failed = |message: &str| Event::RenderFailed { message: message.to_owned() };
                let rendered = guarded(|| self.render(), Err("the answer could not be written".to_owned()));
                Some(match rendered {
                    Ok(answer) => {
                        self.answer = Some(answer);
                        Event::Rendered
                    }
                    Err(message) => failed(&message),
                })
            }
            Command::Finish { .. } => None,
        }
    }

    fn dispatch(&mut self, id: AgentTaskId) {
        let Some(step) = self.state.plan.iter().flat_map(|plan| &plan.steps).find(|step| step.id == id)
        else {
            return;
        };
        let department = step.work.department();
        // Typed work always has a JSON form; a null would be refused by the department.
        let work = serde_json::to_value(&step.work).unwrap_or_default();
        let message = Message::Task { request: self.request, task: id };
        self.tasks.push(NewTask { id, department, description: step.description.clone(), work });
        let queue = departments::row(department).queue;
        self.messages.push(self.agents.message(self.tenant, queue, &message, self.now));
    }

    fn plan(&self) -> Event {
        let Some(account) = &self.loaded.account else {
            let message = "No store is connected: connect one, then ask again.".to_owned();
            return Event::Refused { code: AnalysisErrorCode::NoStore, message };
        };
        let Some(context) = self.context(account) else { return unplanned() };
        match planner::plan(&self.loaded.prompt, &context, AgentTaskId::new) {
            planner::Outcome::Plan(plan) => Event::Planned { plan },
            planner::Outcome::Refuse { code, message } => Event::Refused { code, message },
        }
    }

    fn settle(&self) -> Event {
        let (Some(account), Some(plan)) = (&self.loaded.account, &self.state.plan) else {
            return unplanned();
        };
        let Some(context) = self.context(account) else { return unplanned() };
        match planner::settle(plan, &self.loaded.prompt, &context) {
            planner::Outcome::Plan(settled) => Event::Settled { plan: (settled != *plan).then_some(settled) },
            planner::Outcome::Refuse { code, message } => Event::Refused { code, message },
        }
    }

    /// What the planner may know: the moment of the question, and what is known of the shop by now.
    fn context<'b>(&'b self, account: &'b Account) -> Option<planner::Context<'b>> {
        let shop = account.shop.as_ref();
        let tz = shop.map_or(UNKNOWN_ZONE, |shop| &shop.iana_timezone);
        let currency = shop.map(|shop| shop.currency).or_else(|| Currency::parse(UNKNOWN_CURRENCY))?;
        Some(planner::Context {
            now: self.state.asked_at.unwrap_or(self.now),
            tz,
            currency,
            covers: covers(account, tz),
            shop_name: shop.map_or("your store", |shop| &shop.name),
        })
    }

    fn render(&self) -> Result<Vec<u8>, String> {
        let plan = self.state.plan.as_ref().ok_or("there is no plan")?;
        let shop = self.loaded.account.as_ref().and_then(|account| account.shop.as_ref());
        let (mut tables, mut pinned) = (Vec::new(), None);
        for step in &plan.steps {
            match findings::of(&self.loaded.tasks, step.id) {
                Some(Done::Refreshed { snapshot, taken_at, .. }) => pinned = Some((snapshot, taken_at)),
                Some(Done::Tables { tables: found }) => tables.extend(found),
                None => {}
            }
        }
        let (snapshot, snapshot_at) = pinned.ok_or("no snapshot was pinned")?;
        let answer = renderer::render(&renderer::Input {
            plan,
            tables: &tables,
            shop: shop.ok_or("the store has not said what it is")?,
            snapshot,
            snapshot_at,
            caveats: self.state.caveats(),
            now: self.now,
        })
        .map_err(|error| error.to_string())?;
        serde_json::to_vec(&answer).map_err(|_| "the answer has no JSON form".to_owned())
    }
}

/// An analysis has one wake-up; its id is known without keeping it.
fn wake_up(request: AnalysisRequestId) -> MessageId {
    let digest = Digest::of_parts(&[b"wake-up", request.uuid().as_bytes()]);
    let [first, second] = [0, 8].map(|at| {
        digest.as_bytes().iter().skip(at).take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte))
    });
    MessageId::from_uuid(Uuid::from_u64_pair(first, second))
}

/// The first and the last day with orders, in the shop's time zone.
fn covers(account: &Account, zone: &str) -> Option<(Date, Date)> {
    let zone = TimeZone::get(zone).ok()?;
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    Some((day(account.sync.covers_from?), day(account.sync.covers_to?)))
}

/// A panic of the planner or the renderer is a failed step of one analysis, not of the process.
fn guarded<T>(work: impl FnOnce() -> T, otherwise: T) -> T {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

fn unplanned() -> Event {
    let message = "The analysis could not be planned.".to_owned();
    Event::Refused { code: AnalysisErrorCode::AgentProcessingError, message }
}

fn row(event: &Event) -> Result<turns::Event, serde_json::Error> {
    let mut written = serde_json::to_value(event)?;
    let body = written.get_mut("body").map(serde_json::Value::take).unwrap_or_default();
    Ok(turns::Event { kind: event.kind(), body })
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::Retry(format!("a turn has no JSON form: {error}"))
}
