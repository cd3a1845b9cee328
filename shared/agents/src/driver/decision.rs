//! One decision: an event goes through `flow::analysis::step` until no order is left that is pure, and everything that
//! follows from it is collected for one statement.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};

use auth::Tenant;
use auth::envelope::Message;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId};
use domain::limits::CLARIFICATION_OPTIONS_MAX;
use domain::money::Currency;
use domain::refusal::AnalysisErrorCode;
use flow::analysis::clarification::About;
use flow::analysis::state::State;
use flow::analysis::{self, Command, Event, timers};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::clarifications::Clarification;
use store::outbox::NewMessage;
use store::turns::{self, Account, Loaded, NewTask, Save};

use super::findings;
use crate::Error;
use crate::context::Agents;
use crate::tools::Done;
use crate::{departments, orchestrator, planner, renderer};

/// Before the shop was first asked. The plan is settled after that.
const UNKNOWN_ZONE: &str = "UTC";
/// ISO 4217's word for no currency.
const UNKNOWN_CURRENCY: &str = "XXX";
const WHICH_STORE: &str = "Which store is it about?";

pub(super) struct Decision<'a> {
    agents: &'a Agents,
    tenant: &'a Tenant,
    request: AnalysisRequestId,
    loaded: &'a Loaded,
    now: Timestamp,
    state: State,
    /// The delayed message that the analysis waited for before this decision.
    armed: Option<MessageId>,
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
            armed: None,
            journal: Vec::new(),
            tasks: Vec::new(),
            messages: Vec::new(),
            answer: None,
        }
    }

    /// Steps until nothing pure is left to do; `flow` bounds the number of steps.
    pub(super) fn take(mut self, state: State, event: Event) -> Self {
        self.begin(state);
        self.run(VecDeque::from([event]))
    }

    /// Does what the checkpoint owes.
    pub(super) fn resume(mut self, state: State) -> Self {
        let owed = analysis::pending(&state);
        self.begin(state);
        let events = owed.into_iter().filter_map(|command| self.obey(command)).collect();
        self.run(events)
    }

    fn begin(&mut self, state: State) {
        self.armed = timers::armed(self.request, &state);
        self.state = state;
    }

    fn run(mut self, mut events: VecDeque<Event>) -> Self {
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
        // A delayed message whose reason has gone within this decision is never written.
        let (armed, timers) = (timers::armed(self.request, &self.state), timers::all(self.request));
        self.messages.retain(|message| Some(message.id) == armed || !timers.contains(&message.id));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.journal.is_empty()
    }

    /// The delayed message that was waited for, where nothing or another one is waited for now.
    pub(super) fn obsolete(&self) -> Vec<MessageId> {
        let armed = timers::armed(self.request, &self.state);
        self.armed.filter(|before| Some(*before) != armed).into_iter().collect()
    }

    /// The question with which the analysis waits from now on.
    pub(super) fn asked_back(&self) -> Option<Clarification> {
        let open = self.state.open_clarification()?;
        Some(Clarification {
            question: open.question.clone(),
            options: open.options.clone(),
            answer: None,
            expires_at: open.expires_at()?,
        })
    }

    /// The turn as one statement.
    pub(super) fn save(&self, message_id: MessageId) -> Result<Save<'_>, Error> {
        let events = self.journal.iter().map(row).collect::<Result<_, _>>().map_err(unwritable)?;
        let error = self.state.failure().map(|failure| (failure.code, failure.message.clone()));
        Ok(Save {
            request: self.request,
            version: self.loaded.version,
            message_id,
            events,
            agent_state: serde_json::to_value(&self.state).map_err(unwritable)?,
            status: (self.loaded.status, self.state.status()),
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
                self.arm(&Message::Asked { request: self.request }, at);
                None
            }
            Command::ExpireAt { at } => {
                self.arm(&Message::Expired { request: self.request }, at);
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

    /// Waits for a delayed message from now on.
    fn arm(&mut self, message: &Message, at: Timestamp) {
        let Some(id) = timers::armed(self.request, &self.state) else { return };
        let queue = orchestrator::QUEUE;
        self.messages.push(self.agents.message_with(id, self.tenant, queue, message, at));
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
        let Some(account) = &self.loaded.account else { return self.which_store() };
        if self.state.chosen_account().is_some_and(|chosen| chosen != account.id) {
            return no_store("The store that was chosen is no longer connected.");
        }
        let Some(context) = self.context(account) else { return unplanned() };
        match planner::plan(&self.loaded.prompt, &context, AgentTaskId::new) {
            planner::Outcome::Plan(plan) => Event::Planned { plan },
            planner::Outcome::Refuse { code, message } => Event::Refused { code, message },
        }
    }

    /// Without an account there are none to choose from, or too many to choose.
    fn which_store(&self) -> Event {
        let choices = &self.loaded.choices;
        if choices.is_empty() {
            return no_store("No store is connected: connect one, then ask again.");
        }
        if choices.len() > CLARIFICATION_OPTIONS_MAX {
            return no_store("Many stores are connected: say which one is meant, then ask again.");
        }
        Event::AskedBack {
            number: self.state.clarifications.len() + 1,
            at: self.now,
            question: WHICH_STORE.to_owned(),
            options: choices.iter().map(|(_, shop_domain)| shop_domain.clone()).collect(),
            about: About::Store { accounts: choices.iter().map(|(id, _)| *id).collect() },
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

fn no_store(message: &str) -> Event {
    Event::Refused { code: AnalysisErrorCode::NoStore, message: message.to_owned() }
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
