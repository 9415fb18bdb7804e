//! Small masters made by hand and months over them, for one rule at a time.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use calculation::{Line, OrderResult, Outcome, Reason, Request};
use engine::Engine;
use engine::points::MonthPoints;
use masters::row::{ActRow, DrugRow, ExclusionRow, FeeTableRow, InclusionRow, LimitRow, OPEN_END, Validity};
use masters::{Masters, Tables};
use serde_json::{Value, json};

pub fn validity(code: u32) -> Validity {
    Validity { code, from: 20_200_101, to: OPEN_END, ..Validity::default() }
}

/// An act of a section (`D7`: letter and number) with points, recorded as a base, charged under 検査.
pub fn act(code: u32, letter: u8, number: u16, points: i32) -> ActRow {
    ActRow {
        validity: validity(code),
        points_e2: points * 100,
        point_kind: 3,
        outpatient_bucket: 600,
        record_role: 1,
        notice_role: 1,
        section_letter: letter,
        section_number: number,
        ..ActRow::default()
    }
}

/// A note add-on (注加算) of a base with the same note code.
pub fn addition(code: u32, letter: u8, points: i32, note_code: u16) -> ActRow {
    ActRow { record_role: 7, notice_role: 7, note_code, note_serial: b'1', ..act(code, letter, 1, points) }
}

/// A drug of a form (1 内用, 4 注射, 6 外用) with its price in 1/100 yen.
pub fn drug(code: u32, form: u8, price_e2: i64) -> DrugRow {
    DrugRow { validity: validity(code), form, price_e2, price_kind: 1, ..DrugRow::default() }
}

/// 背反: period 1 day, 2 month, 3 visit, 4 week; keep 1 ①, 2 ②, 3 either.
pub fn exclusion(code: u32, other: u32, period: u8, keep: u8) -> ExclusionRow {
    ExclusionRow { validity: validity(code), other, period, keep, ..ExclusionRow::default() }
}

pub fn limit(code: u32, unit: u16, count: u16) -> LimitRow {
    LimitRow { validity: validity(code), unit, count, ..LimitRow::default() }
}

/// A parent of the 包括 table: unit 1 day, 2 month, 3 visit.
pub fn parent(code: u32, unit: u8) -> FeeTableRow {
    let mut row = FeeTableRow { validity: validity(code), ..FeeTableRow::default() };
    row.inclusion_groups[0] = *b"G000001\0";
    row.inclusion_units[0] = unit;
    row
}

pub fn child(code: u32) -> InclusionRow {
    InclusionRow { validity: validity(code), group: *b"G000001\0", ..InclusionRow::default() }
}

/// An order of an act; `more` adds or replaces members.
pub fn order(no: u32, code: u32, more: Value) -> Value {
    let mut order = json!({ "id": format!("O{no}"), "no": no, "kind": "act", "code": format!("{code:09}") });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    order
}

pub fn plain(no: u32, code: u32) -> Value {
    order(no, code, json!({}))
}

/// A visit `V{number}` on a day without a basic fee.
pub fn visit(number: u32, date: &str, orders: Vec<Value>) -> Value {
    json!({
        "id": format!("V{number}"), "date": date, "kind": "none", "timeClass": "regular", "setId": "S",
        "orders": orders
    })
}

pub fn request(visits: &[Value], history: &[(&str, u32)]) -> Request {
    let month = &visits[0]["date"].as_str().unwrap()[..7];
    let lines: Vec<Value> =
        history.iter().map(|(date, code)| json!({ "date": date, "code": format!("{code:09}") })).collect();
    let request = json!({
        "requestId": "R", "month": month, "revision": 1,
        "institution": { "code": "1319999015", "departments": [{ "code": "01" }] },
        "patient": { "ref": "P", "birthDate": "1970-01-01", "sex": "1" },
        "sets": [{ "id": "S" }],
        "visits": visits,
        "history": { "lines": lines }
    });
    let mut request: Request = serde_json::from_value(request).unwrap();
    request.sort();
    request
}

/// The month over the tables.
pub fn month(tables: Tables, visits: &[Value], history: &[(&str, u32)]) -> MonthPoints {
    compute(tables, &request(visits, history))
}

pub fn compute(tables: Tables, request: &Request) -> MonthPoints {
    Engine::new(Masters::from_bytes(tables.compile()).unwrap()).points(request)
}

pub fn result<'a>(month: &'a MonthPoints, visit: &str, order: &str) -> &'a OrderResult {
    let visit = month.visits.iter().find(|result| result.visit_id == visit).unwrap();
    visit.orders.iter().find(|result| result.order_id == order).unwrap()
}

pub fn outcome(month: &MonthPoints, visit: &str, order: &str) -> Outcome {
    result(month, visit, order).outcome
}

/// The last reason of an order.
pub fn reason<'a>(month: &'a MonthPoints, visit: &str, order: &str) -> &'a Reason {
    result(month, visit, order).reasons.last().unwrap()
}

/// The lines of the first visit.
pub fn lines(month: &MonthPoints) -> &[Line] {
    &month.visits[0].lines
}

/// 診療識別, codes, points and times of the lines of the first visit.
pub fn shown(month: &MonthPoints) -> Vec<String> {
    let show = |line: &Line| {
        let codes: Vec<String> = line.items.iter().map(|item| item.code.to_string()).collect();
        format!("{} {} {} x {}", line.shikibetsu, codes.join("+"), line.points, line.times)
    };
    lines(month).iter().map(show).collect()
}
