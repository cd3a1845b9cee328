//! A customer of the GraphQL API: logs in, submits, waits, over HTTP and nothing else.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::error::Error;
use crate::progress::Progress;

const LOGIN: &str = "mutation LogIn($input: LoginInput!) {
  login(input: $input) { accessToken refreshToken user { linkedAccounts { id accountIdentifier } } userErrors { code message } }
}";
const REFRESH: &str = "mutation GoOn($input: RefreshSessionInput!) {
  refreshSession(input: $input) { accessToken refreshToken userErrors { code message } }
}";
const SUBMIT: &str = "mutation Submit($input: SubmitAnalysisRequestInput!) {
  submitAnalysisRequest(input: $input) { analysisRequest { id } userErrors { code message field } }
}";
const WATCH: &str = "query Watch($id: ID!) {
  analysisRequest(id: $id) { status progress linkedAccount { sync { state progress orders } } tasks { department description status } }
}";
const READ: &str = "query Read($id: ID!) {
  analysisRequest(id: $id) {
    id prompt status errorCode errorMessage progress createdAt updatedAt completedAt
    linkedAccount { id provider accountIdentifier status sync { state progress orders coversFrom coversTo syncedAt errorMessage } }
    clarification { question options answer expiresAt }
    plan { id department description dependsOn }
    tasks { id department description status retryCount errorMessage startedAt completedAt }
    cost { modelCalls tokens cents ceilingCents }
    result {
      summary caveats plannedBy snapshotAt snapshot proof rawData
      visualizations { type title data spec alternativeText }
      figures { id metric definition value unit currency period { from to timezone } segment formatted lineage }
      claims { id kind text figures }
    }
  }
}";
const WATCH_FIRST: Duration = Duration::from_millis(25);
const WATCH_MAX: Duration = Duration::from_millis(400);
/// An analysis ends within 15 minutes, whatever happens; a little more for the way.
const DEADLINE: Duration = Duration::from_secs(16 * 60);
/// How much of the whole work the first load of a store is, where there is one.
const LOADING_SHARE: f64 = 0.9;
const TIMEOUT: Duration = Duration::from_secs(30);

pub struct Client {
    http: reqwest::Client,
    url: String,
    session: Mutex<Option<Session>>,
}

/// What a log-in gave.
#[derive(Clone)]
struct Session {
    access_token: String,
    refresh_token: String,
}

impl Session {
    fn read(payload: &Value) -> Option<Self> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { access_token: text("accessToken")?, refresh_token: text("refreshToken")? })
    }
}

impl Client {
    /// `url` is the server's, without a path.
    ///
    /// # Errors
    /// [`Error::Http`] when the machine does not allow for a client.
    pub fn new(url: &str) -> Result<Self, Error> {
        let url = format!("{url}/graphql");
        let built = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build();
        let http = built.map_err(|error| Error::Http { url: url.clone(), said: error.to_string() })?;
        Ok(Self { http, url, session: Mutex::new(None) })
    }

    /// Logs in; gives the merchant's linked accounts.
    ///
    /// # Errors
    /// [`Error::Http`] or [`Error::Refused`].
    pub async fn log_in(&mut self, email: &str, password: &str) -> Result<Vec<Value>, Error> {
        let mut data = self.call(LOGIN, json!({ "input": { "email": email, "password": password } })).await?;
        let payload = self.payload(&mut data, "login")?;
        *self.session.get_mut() = Session::read(&payload);
        Ok(payload.pointer("/user/linkedAccounts").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Submits a question; gives the request's id.
    ///
    /// # Errors
    /// [`Error::Http`] or [`Error::Refused`].
    pub async fn submit(&self, prompt: &str, account: Option<&str>) -> Result<String, Error> {
        let input = json!({ "prompt": prompt, "linkedAccountId": account });
        let mut data = self.call(SUBMIT, json!({ "input": input })).await?;
        let payload = self.payload(&mut data, "submitAnalysisRequest")?;
        let id = payload.pointer("/analysisRequest/id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| self.refused("it gave no analysis"))
    }

    /// Waits for the end of an analysis, saying how far it is; gives the whole object.
    ///
    /// # Errors
    /// [`Error::Deadline`], [`Error::Http`] or [`Error::Refused`].
    pub async fn wait(&self, id: &str, progress: &Progress) -> Result<Value, Error> {
        let end = Instant::now() + DEADLINE;
        let mut pause = WATCH_FIRST;
        loop {
            let seen = self.request(WATCH, id).await?;
            report(&seen, progress);
            match seen.get("status").and_then(Value::as_str) {
                Some("PENDING" | "PROCESSING") => {}
                _ => return self.request(READ, id).await,
            }
            if Instant::now() > end {
                return Err(Error::Deadline { seconds: DEADLINE.as_secs() });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(WATCH_MAX);
        }
    }

    async fn request(&self, document: &str, id: &str) -> Result<Value, Error> {
        let mut data = self.call(document, json!({ "id": id })).await?;
        match data.get_mut("analysisRequest").map(Value::take) {
            Some(request) if request.is_object() => Ok(request),
            _ => Err(self.refused("there is no such analysis")),
        }
    }

    /// Runs one operation; gives its data. An access token that has ended is replaced, which a long analysis needs.
    ///
    /// # Errors
    /// [`Error::Http`] without an answer, [`Error::Refused`] with errors in it.
    pub async fn call(&self, document: &str, variables: Value) -> Result<Value, Error> {
        let session = self.session.lock().await.clone();
        let token = session.as_ref().map(|session| session.access_token.as_str());
        let mut answer = self.send(document, &variables, token).await?;
        if let Some(session) = session.as_ref().filter(|_| is_over(&answer)) {
            let token = self.go_on(session).await?;
            answer = self.send(document, &variables, Some(&token)).await?;
        }
        if let Some(error) = answer.pointer("/errors/0") {
            return Err(self.refused(&said(error)));
        }
        Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// The access token that follows this session's. A refresh token is used once: of several who need it, the first one
    /// uses it and the others take what it gave.
    async fn go_on(&self, stale: &Session) -> Result<String, Error> {
        let mut session = self.session.lock().await;
        if let Some(newer) = session.as_ref().filter(|known| known.access_token != stale.access_token) {
            return Ok(newer.access_token.clone());
        }
        let input = json!({ "input": { "refreshToken": stale.refresh_token } });
        let mut answer = self.send(REFRESH, &input, None).await?;
        let mut data = answer.get_mut("data").map(Value::take).unwrap_or_default();
        let payload = self.payload(&mut data, "refreshSession")?;
        let next = Session::read(&payload).ok_or_else(|| self.refused("it gave no session"))?;
        Ok(session.insert(next).access_token.clone())
    }

    async fn send(&self, document: &str, variables: &Value, token: Option<&str>) -> Result<Value, Error> {
        let failed = |error: reqwest::Error| Error::Http {
            url: self.url.clone(),
            said: error.without_url().to_string(),
        };
        let body = json!({ "query": document, "variables": variables });
        let mut request =
            self.http.post(&self.url).header("accept", "application/graphql-response+json").json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.map_err(failed)?.json().await.map_err(failed)
    }

    /// A mutation's payload, unless it holds user errors.
    fn payload(&self, data: &mut Value, field: &str) -> Result<Value, Error> {
        let payload = data.get_mut(field).map(Value::take).unwrap_or_default();
        match payload.pointer("/userErrors/0") {
            Some(error) => Err(self.refused(&said(error))),
            None => Ok(payload),
        }
    }

    fn refused(&self, said: &str) -> Error {
        Error::Refused { url: self.url.clone(), said: said.to_owned() }
    }
}

/// Whether nothing was done because the token is no good.
fn is_over(answer: &Value) -> bool {
    let code = answer.pointer("/errors/0/extensions/code").and_then(Value::as_str);
    code == Some("UNAUTHENTICATED") && answer.get("data").is_none_or(Value::is_null)
}

fn said(error: &Value) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = error.pointer("/extensions/code").and_then(Value::as_str).unwrap_or(text("code"));
    format!("{} ({code})", text("message"))
}

fn report(request: &Value, progress: &Progress) {
    let share = |pointer: &str| request.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    let loading = request.pointer("/linkedAccount/sync/state").and_then(Value::as_str) == Some("LOADING");
    let loaded = if loading { share("/linkedAccount/sync/progress") } else { 0.0 };
    progress.reach(share("/progress").max(loaded * LOADING_SHARE));
    let tasks = request.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text =
        |task: &Value, name: &str| task.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let now =
        tasks.iter().find(|task| matches!(text(task, "status").as_str(), "RUNNING" | "RETRYING" | "PENDING"));
    let Some(task) = now else {
        return progress.say(if tasks.is_empty() {
            "orchestrator: planning"
        } else {
            "orchestrator: reviewing what came back"
        });
    };
    let department = text(task, "department").to_lowercase().replace('_', " ");
    // In steps of five, so that plain lines stay few.
    let percent = (loaded * 20.0).floor() * 5.0;
    let how_far = if loading && percent > 0.0 {
        format!(" ({percent} % of the store is loaded)")
    } else {
        String::new()
    };
    progress.say(&format!("{department}: {}{how_far}", text(task, "description")));
}
