//! What belongs to actions that were loaded together is loaded together: one statement for all, whoever of them asks
//! first, and none that nobody asks for.

use std::collections::HashMap;
use std::sync::Arc;

use auth::Tenant;
use domain::ids::{AnalysisRequestId, ProposedActionId};
use domain::limits::ACTION_AUDIT_MAX;
use store::analysis_requests::{self, Answers};
use store::audit_log;
use store::proposed_actions::ProposedAction;
use tokio::sync::OnceCell;

use crate::analysis_requests::AnalysisRequest;
use crate::analysis_requests::batch::Batch;
use crate::errors::Fault;
use crate::proposed_actions::AuditEntry;
use crate::scalars::{DateTime, Json};

type Requests = (HashMap<AnalysisRequestId, analysis_requests::AnalysisRequest>, Arc<Batch>);

pub(crate) struct Together {
    services: crate::Context,
    tenant: Tenant,
    actions: Vec<ProposedActionId>,
    requests: Vec<AnalysisRequestId>,
    audit: OnceCell<Result<HashMap<String, Vec<AuditEntry>>, Fault>>,
    loaded: OnceCell<Result<Requests, Fault>>,
}

impl Together {
    pub(crate) fn new(services: &crate::Context, tenant: Tenant, rows: &[ProposedAction]) -> Self {
        let mut requests: Vec<_> = rows.iter().map(|row| row.request).collect();
        requests.sort_unstable();
        requests.dedup();
        Self {
            services: services.clone(),
            tenant,
            actions: rows.iter().map(|row| row.id).collect(),
            requests,
            audit: OnceCell::new(),
            loaded: OnceCell::new(),
        }
    }

    pub(crate) async fn audit(&self, action: ProposedActionId) -> Result<Vec<AuditEntry>, Fault> {
        let audit = self.audit.get_or_init(|| self.load_audit()).await;
        let audit = audit.as_ref().map_err(|fault| *fault)?;
        Ok(audit.get(&subject(action)).cloned().unwrap_or_default())
    }

    /// The request of one of them: an action without its request is not possible in the database.
    pub(crate) async fn request(&self, id: AnalysisRequestId) -> Result<AnalysisRequest, Fault> {
        let loaded = self.loaded.get_or_init(|| self.load_requests()).await;
        let (rows, batch) = loaded.as_ref().map_err(|fault| *fault)?;
        let row = rows.get(&id).cloned();
        // Removed with everything else of its merchant since the action was read.
        row.map(|row| AnalysisRequest::in_batch(row, batch)).ok_or(Fault::Unavailable)
    }

    async fn load_audit(&self) -> Result<HashMap<String, Vec<AuditEntry>>, Fault> {
        let subjects: Vec<String> = self.actions.iter().copied().map(subject).collect();
        let of_each = i64::try_from(ACTION_AUDIT_MAX).unwrap_or(i64::MAX);
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let written = audit_log::of_subjects(&mut tx, &subjects, of_each).await?;
        tx.commit().await?;
        let mut by_subject: HashMap<_, Vec<_>> = HashMap::new();
        for line in written {
            let (at, event, detail) = (DateTime::from(line.at), line.event, Some(Json::from(line.detail)));
            by_subject.entry(line.subject).or_default().push(AuditEntry { at, event, detail });
        }
        Ok(by_subject)
    }

    async fn load_requests(&self) -> Result<Requests, Fault> {
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let rows = analysis_requests::load_many(&mut tx, &self.requests).await?;
        tx.commit().await?;
        let batch = Arc::new(Batch::new(&self.services, self.tenant, &rows, Answers::LeftOut));
        Ok((rows.into_iter().map(|row| (row.id, row)).collect(), batch))
    }
}

fn subject(action: ProposedActionId) -> String {
    audit_log::subject(action.uuid(), ProposedActionId::KIND)
}
