//! Pages of proposed actions, newest first.

use std::sync::Arc;

use async_graphql::{Object, Result, SimpleObject};
use auth::Tenant;
use domain::ids::AnalysisRequestId;
use domain::status;
use store::pages::Position;
use store::proposed_actions::{self as rows, Chosen};

use crate::errors::Fault;
use crate::pagination::{Arguments, List, PageInfo, Window, cursor};
use crate::proposed_actions::ProposedAction;
use crate::proposed_actions::together::Together;

/// One page of proposed actions.
pub(crate) struct ProposedActionConnection {
    services: crate::Context,
    tenant: Tenant,
    rows: Vec<rows::ProposedAction>,
    page_info: PageInfo,
    together: Arc<Together>,
    filter: Filter,
}

/// One proposed action in a page.
#[derive(SimpleObject)]
pub(crate) struct ProposedActionEdge {
    /// Where it stands in the list.
    pub(crate) cursor: String,
    /// The action.
    pub(crate) node: ProposedAction,
}

/// Which actions are asked for.
pub(crate) struct Filter {
    /// Empty: all.
    pub(crate) status: Vec<status::ProposedActionStatus>,
    pub(crate) request: OfRequest,
}

/// Of which question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfRequest {
    Any,
    This(AnalysisRequestId),
    /// What was given is no id: it is nobody's question, and has no actions.
    Nobodys,
}

impl OfRequest {
    pub(crate) fn read(id: Option<&str>) -> Self {
        match id.map(AnalysisRequestId::from_opaque) {
            None => Self::Any,
            Some(None) => Self::Nobodys,
            Some(Some(id)) => Self::This(id),
        }
    }
}

impl Filter {
    /// `None` where there can be nothing.
    fn chosen(&self) -> Option<Chosen<'_>> {
        let request = match self.request {
            OfRequest::Any => None,
            OfRequest::This(id) => Some(id),
            OfRequest::Nobodys => return None,
        };
        Some(Chosen { status: &self.status, request })
    }
}

impl ProposedActionConnection {
    pub(crate) async fn load(
        services: &crate::Context,
        tenant: Tenant,
        arguments: &Arguments,
        filter: Filter,
    ) -> Result<Self> {
        let window = Window::read(&services.keys, &tenant, List::ProposedActions, arguments)?;
        let mut rows = page(services, tenant, &window, &filter).await?;
        let page_info = window.cut(&mut rows, |row| sealed(services, &tenant, row));
        let together = Arc::new(Together::new(services, tenant, &rows));
        Ok(Self { services: services.clone(), tenant, rows, page_info, together, filter })
    }
}

/// One page of proposed actions.
#[Object]
impl ProposedActionConnection {
    /// The page's elements.
    async fn edges(&self) -> Vec<ProposedActionEdge> {
        let edge = |row: &rows::ProposedAction| ProposedActionEdge {
            cursor: sealed(&self.services, &self.tenant, row),
            node: ProposedAction::of_many(row.clone(), &self.together),
        };
        self.rows.iter().map(edge).collect()
    }

    /// Where the page stands.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// Elements on all pages; counted only when asked for.
    async fn total_count(&self) -> Result<i32> {
        Ok(count(&self.services, self.tenant, &self.filter).await?)
    }
}

async fn page(
    services: &crate::Context,
    tenant: Tenant,
    window: &Window,
    filter: &Filter,
) -> Result<Vec<rows::ProposedAction>, Fault> {
    let Some(chosen) = filter.chosen() else { return Ok(Vec::new()) };
    let page = rows::Page { after: window.after, before: window.before, size: window.probe(), chosen };
    let mut tx = services.store.tenant_read_only_once(&tenant).await?;
    let rows = rows::page(&mut tx, page).await?;
    tx.commit().await?;
    Ok(rows)
}

async fn count(services: &crate::Context, tenant: Tenant, filter: &Filter) -> Result<i32, Fault> {
    let Some(chosen) = filter.chosen() else { return Ok(0) };
    let mut tx = services.store.tenant_read_only_once(&tenant).await?;
    let count = rows::count(&mut tx, chosen).await?;
    tx.commit().await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

fn sealed(services: &crate::Context, tenant: &Tenant, row: &rows::ProposedAction) -> String {
    let position = Position { created_at: row.created_at, id: row.id.uuid() };
    cursor(&services.keys, tenant, List::ProposedActions, position)
}
