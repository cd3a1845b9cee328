//! Pages of questions, newest first.

use std::sync::Arc;

use async_graphql::{Object, Result, SimpleObject};
use auth::Tenant;
use domain::status;
use store::analysis_requests as rows;

use crate::analysis_requests::batch::Batch;
use crate::analysis_requests::{AnalysisRequest, AnalysisRequestStatus};
use crate::errors::Fault;
use crate::pagination::{Arguments, PageInfo, Window, cursor};

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
    ) -> Result<Self> {
        let window = Window::read(&services.keys, &tenant, arguments)?;
        let status: Vec<_> = status.into_iter().map(status::AnalysisRequestStatus::from).collect();
        let mut rows = page(services, tenant, &window, &status).await?;
        let page_info = window.cut(&mut rows, |row| cursor(&services.keys, &tenant, position(row)));
        let batch = Arc::new(Batch::new(services, tenant, &rows));
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
) -> Result<Vec<rows::AnalysisRequest>, Fault> {
    let page = rows::Page { after: window.after, before: window.before, status, size: window.probe() };
    let mut tx = services.store.tenant_read_only_once(&tenant).await?;
    let rows = rows::page(&mut tx, page).await?;
    tx.commit().await?;
    Ok(rows)
}

fn position(row: &rows::AnalysisRequest) -> rows::Position {
    rows::Position { created_at: row.created_at, id: row.id }
}
