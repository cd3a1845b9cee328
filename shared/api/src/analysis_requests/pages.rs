//! Pages of questions, newest first.

use std::sync::Arc;

use async_graphql::{Object, Result, SimpleObject};
use auth::Tenant;
use domain::status;
use store::analysis_requests::{self as rows, Answers};
use store::pages::Position;

use crate::analysis_requests::batch::Batch;
use crate::analysis_requests::{AnalysisRequest, AnalysisRequestStatus};
use crate::errors::Fault;
use crate::pagination::{Arguments, List, PageInfo, Window, cursor};

/// One page of questions.
pub(crate) struct AnalysisRequestConnection {
    rows: Vec<rows::AnalysisRequest>,
    page_info: PageInfo,
    batch: Arc<Batch>,
    status: Vec<status::AnalysisRequestStatus>,
}

/// One question in a page.
#[derive(SimpleObject)]
pub(crate) struct AnalysisRequestEdge {
    /// Where it stands in the list.
    pub(crate) cursor: String,
    /// The question.
    pub(crate) node: AnalysisRequest,
}

impl AnalysisRequestConnection {
    pub(crate) async fn load(
        services: &crate::Context,
        tenant: Tenant,
        arguments: &Arguments,
        status: Vec<AnalysisRequestStatus>,
        answers: Answers,
    ) -> Result<Self> {
        let window = Window::read(&services.keys, &tenant, List::AnalysisRequests, arguments)?;
        let status: Vec<_> = status.into_iter().map(status::AnalysisRequestStatus::from).collect();
        let mut rows = page(services, tenant, &window, &status, answers).await?;
        let of_row = |row: &_| cursor(&services.keys, &tenant, List::AnalysisRequests, position(row));
        let page_info = window.cut(&mut rows, of_row);
        let batch = Arc::new(Batch::new(services, tenant, &rows, answers));
        Ok(Self { rows, page_info, batch, status })
    }
}

/// One page of questions.
#[Object]
impl AnalysisRequestConnection {
    /// The page's elements.
    async fn edges(&self) -> Vec<AnalysisRequestEdge> {
        let edge = |row: &rows::AnalysisRequest| AnalysisRequestEdge {
            cursor: self.batch.cursor(position(row)),
            node: AnalysisRequest::in_batch(row.clone(), &self.batch),
        };
        self.rows.iter().map(edge).collect()
    }

    /// Where the page stands.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// Elements on all pages; counted only when asked for.
    async fn total_count(&self) -> Result<i32> {
        Ok(self.batch.count(&self.status).await?)
    }
}

async fn page(
    services: &crate::Context,
    tenant: Tenant,
    window: &Window,
    status: &[status::AnalysisRequestStatus],
    answers: Answers,
) -> Result<Vec<rows::AnalysisRequest>, Fault> {
    let (after, before) = (window.after, window.before);
    let page = rows::Page { after, before, status, size: window.probe(), answers };
    let mut tx = services.store.tenant_read_only_once(&tenant).await?;
    let rows = rows::page(&mut tx, page).await?;
    tx.commit().await?;
    Ok(rows)
}

fn position(row: &rows::AnalysisRequest) -> Position {
    Position { created_at: row.created_at, id: row.id.uuid() }
}
