//! Who may use whom. The map is `docs/ARCHITECTURE.md`; a crate names only what stands below it.

use std::collections::BTreeMap;
use std::fs;

use tidy::{files, relative, root};

/// Every crate of ours with what it may depend on; an edge that is not here is a new decision.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("metrics", &["domain"]),
    ("flow", &["domain", "metrics"]),
    ("auth", &["domain"]),
    ("store", &["domain", "metrics", "auth"]),
    ("shopify", &["domain"]),
    ("agents", &["domain", "metrics", "flow", "auth", "store", "shopify"]),
    ("api", &["domain", "metrics", "flow", "auth", "store", "shopify"]),
    ("runtime", &["domain", "auth", "store"]),
    ("cluster", &["domain"]),
    ("testing", &["domain", "auth", "store", "cluster"]),
    ("graphql", &["api", "auth", "domain", "runtime", "store"]),
    ("orchestrator", &["agents", "auth", "domain", "runtime", "store"]),
    ("departments", &["agents", "auth", "domain", "runtime", "store"]),
    ("websocket", &["api", "auth", "domain", "runtime", "store"]),
    ("shopify-sim", &["domain"]),
    (
        "local",
        &[
            "agents",
            "api",
            "auth",
            "cluster",
            "departments",
            "domain",
            "flow",
            "graphql",
            "metrics",
            "orchestrator",
            "runtime",
            "shopify",
            "shopify-sim",
            "store",
            "websocket",
        ],
    ),
    ("tidy", &[]),
];

/// The names under `[dependencies]` of a manifest; tables like `[dependencies.x]` count, dev-dependencies do not.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.starts_with("dependencies]");
            if let Some(name) = header.strip_prefix("dependencies.") {
                found.push(name.trim_end_matches(']').to_owned());
            }
        } else if inside && let Some((name, _)) = line.split_once(['.', '=', ' ']) {
            found.push(name.to_owned());
        }
    }
    found
}

fn package_name(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}

#[test]
fn a_crate_uses_only_the_floors_below_it() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files(&root(), "toml").into_iter().filter(|path| path.ends_with("Cargo.toml")) {
        let manifest = fs::read_to_string(&path).unwrap();
        let Some(name) = package_name(&manifest) else { continue };
        seen += 1;
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{}: {name} is not on the map", relative(&path)));
            continue;
        };
        for dependency in dependencies(&manifest) {
            if allowed.contains_key(dependency.as_str()) && !may.contains(&dependency.as_str()) {
                wrong.push(format!("{}: {name} may not use {dependency}", relative(&path)));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(seen, ALLOWED.len(), "a crate on the map is missing from the tree");
}

#[test]
fn a_forbidden_edge_would_be_seen() {
    let manifest = "[package]\nname = \"domain\"\n\n[dependencies]\nstore.workspace = true\nserde = \"1\"\n";
    assert_eq!(dependencies(manifest), ["store", "serde"]);
    assert_eq!(package_name(manifest), Some("domain"));
}
