//! Codes, names and prices by date.

use kernel::ServiceDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::{Problem, ProblemCode, Work};

use crate::catalogue::{self, Entry, Kind, PAGE_MAX};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Entries of a page unless told otherwise.
const PAGE: usize = 50;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<SearchMasters>();
}

/// Which master.
#[derive(Debug, Deserialize, JsonSchema)]
struct KindPath {
    /// The master.
    kind: Kind,
}

/// What codes are searched by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CodeSearch {
    /// Beginning of the code, part of the name, or beginning of the kana.
    #[serde(default)]
    q: String,
    /// The day; absent = today.
    #[serde(default)]
    on: Option<ServiceDate>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<u32>,
    /// Entries wanted, at most 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

/// A page of codes.
#[derive(Debug, Serialize, JsonSchema)]
struct CodePage {
    /// Release of the masters.
    release: String,
    /// The entries, by code.
    entries: Vec<Entry>,
    /// Give it as `cursor` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

struct SearchMasters;

impl Endpoint for SearchMasters {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/masters/{kind}";
    const ID: &'static str = "searchMasters";
    const SUMMARY: &'static str = "Codes by beginning, name or kana, as they hold on a day";
    const PROBLEMS: &'static [ProblemCode] = &[];
    type Permission = may::MasterRead;
    type Path = KindPath;
    type Query = CodeSearch;
    type Body = ();
    type Answer = CodePage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<CodePage>, Problem> {
        let masters = call.state.engine.masters();
        let limit = call.query.limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(Problem::invalid("?limit", "range", format!("1 から {PAGE_MAX} までです")));
        }
        let query = catalogue::Query {
            kind: call.path.kind,
            text: &call.query.q,
            on: call.query.on.unwrap_or(work.today),
            after: call.query.cursor,
            limit,
        };
        let (entries, next) = catalogue::search(masters, &query);
        Ok(Reply::plain(CodePage { release: masters.release().to_owned(), entries, next }))
    }
}
