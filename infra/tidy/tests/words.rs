//! How long a file may be, what names mean, and what may be written only in one place.

#![expect(clippy::unwrap_used, reason = "a tree that cannot be read fails the test")]

use std::fs;
use std::path::Path;

use tidy::{files, relative, root};

const FILE_LINES_MAX: usize = 600;
const README_LINES_MAX: usize = 150;
const BANNED_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "manager", "common", "misc"];

fn source() -> Vec<std::path::PathBuf> {
    ["functions", "shared", "infra"].iter().flat_map(|dir| files(&root().join(dir), "rs")).collect()
}

fn code(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn no_file_is_longer_than_six_hundred_lines() {
    let long: Vec<_> = source()
        .iter()
        .map(|path| (relative(path), code(path).lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES_MAX)
        .collect();
    assert_eq!(long, []);
    assert!(code(&root().join("README.md")).lines().count() <= README_LINES_MAX);
}

#[test]
fn no_name_is_a_drawer_for_everything() {
    let mut wrong = Vec::new();
    for path in source() {
        for part in relative(&path).split(['/', '.', '_', '-']) {
            if BANNED_NAMES.contains(&part) {
                wrong.push(relative(&path));
            }
        }
        for line in code(&path).lines() {
            let words = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            for kind in ["mod ", "struct ", "enum ", "trait "] {
                if let Some(name) = words.strip_prefix(kind) {
                    let name: String =
                        name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let lower = name.to_lowercase();
                    if BANNED_NAMES.iter().any(|banned| lower == *banned || lower.ends_with("manager")) {
                        wrong.push(format!("{}: {name}", relative(&path)));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Files outside `store` that may hold SQL, each with its reason; the list may only shrink.
const SQL_ELSEWHERE: &[&str] = &[
    // Asks PostgreSQL's own statistics what an analysis cost.
    "infra/local/src/bench",
    // Breaks and inspects the database from outside.
    "shared/testing/src",
    // These tests are about SQL.
    "infra/tidy/tests",
];

#[test]
fn sql_is_written_in_store_alone() {
    let starts = ["\"select ", "\"insert into ", "\"update ", "\"delete from ", "\"-- "];
    let mut wrong = Vec::new();
    for path in source() {
        let name = relative(&path);
        let elsewhere = SQL_ELSEWHERE.iter().any(|allowed| name.starts_with(allowed));
        if name.starts_with("shared/store/") || name.contains("/tests/") || elsewhere {
            continue;
        }
        for line in code(&path).lines() {
            let lower = line.to_lowercase();
            if starts.iter().any(|start| lower.contains(start)) {
                wrong.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The call sites of the role that crosses tenants. This list may only shrink: each line is a reason to be audited.
const SYSTEM_TX_CALLERS: &[&str] = &[
    "infra/local/src",
    // Log-in, registration and refresh tokens cannot know their tenant yet, and nobody's tenant is counted.
    "shared/api/src/sessions",
    "shared/runtime/src/relay",
    "shared/runtime/src/sqs",
    "shared/store/src",
    "shared/testing/src",
];

#[test]
fn only_listed_places_cross_tenants() {
    let mut wrong = Vec::new();
    for path in source() {
        let name = relative(&path);
        let listed = SYSTEM_TX_CALLERS.iter().any(|allowed| name.starts_with(allowed));
        if !listed
            && !name.contains("/tests/")
            && !name.starts_with("infra/tidy")
            && [".system()", ".system_once()"].iter().any(|call| code(&path).contains(call))
        {
            wrong.push(name);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_package_is_locked_to_a_registry_of_one_machine() {
    let locks: Vec<_> =
        files(&root(), "json").into_iter().filter(|path| path.ends_with("package-lock.json")).collect();
    assert_eq!(locks.len(), 1);
    for path in locks {
        let text = code(&path);
        let hosts = text.lines().filter(|line| line.contains("://"));
        let wrong: Vec<_> = hosts.filter(|line| !line.contains("https://registry.npmjs.org/")).collect();
        assert_eq!(wrong, Vec::<&str>::new(), "{}", relative(&path));
        assert_eq!(text.matches("\"integrity\": \"sha512-").count(), text.matches("\"node_modules/").count());
    }
}

#[test]
fn unfinished_work_is_not_in_the_tree() {
    let mut wrong = Vec::new();
    for path in source().into_iter().filter(|path| !relative(path).starts_with("infra/tidy")) {
        for (number, line) in code(&path).lines().enumerate() {
            if ["TODO", "FIXME", "XXX:", "HACK"].iter().any(|mark| line.contains(mark))
                || line.contains("#[ignore")
            {
                wrong.push(format!("{}:{}", relative(&path), number + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
