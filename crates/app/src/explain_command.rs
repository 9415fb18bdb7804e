//! `tensu explain`: why a visit costs what it costs, for a clerk to read to a patient.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use calculation::{CalculationModule, Line, MonthCharge, OrderResult, Outcome, Reason, Response, VisitResult};
use clap::Args;
use engine::Engine;
use kernel::ServiceDate;

use crate::{clinic_file, masters_file};

/// Explains one visit: lines, orders that were not charged, and who pays what.
#[derive(Args)]
pub struct Command {
    /// Clinic document: one file, or a folder.
    #[arg(long)]
    clinic: PathBuf,
    /// Id of the visit.
    #[arg(long)]
    visit: String,
    /// Only events and visits up to this day; all without it.
    #[arg(long)]
    known_on: Option<ServiceDate>,
    /// Compiled masters or folder of official files.
    #[arg(long)]
    masters: Option<PathBuf>,
    /// The visit's result as JSON.
    #[arg(long)]
    json: bool,
}

/// Calculates the visit's month and prints the visit.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let (clinic, _) = clinic_file::read(&command.clinic, command.known_on)?;
    let mut visits = clinic.patients.iter().flat_map(|patient| &patient.visits);
    let month = visits
        .find(|visit| visit.id == command.visit)
        .map(|visit| visit.date.month_of())
        .with_context(|| format!("the clinic has no visit {:?}", command.visit))?;
    let engine = Engine::new(masters_file::load(command.masters.as_deref())?);
    let encounters = billing::encounter::requests(&clinic, month).with_programmes(engine.masters());
    for patient in &encounters.requests {
        if !patient.request.visits.iter().any(|visit| visit.id == command.visit) {
            continue;
        }
        let mut request = patient.request.clone();
        request.options.suggestions = true;
        let response = engine.calculate(&request).context("calculating the month")?;
        let visit = response.visits.iter().find(|visit| visit.visit_id == command.visit);
        let visit = visit.context("the month has no such visit")?;
        if command.json {
            println!("{}", serde_json::to_string_pretty(visit).context("writing JSON")?);
        } else {
            print!("{}", text(&response, visit));
        }
        return Ok(ExitCode::SUCCESS);
    }
    for finding in encounters.findings.iter().filter(|finding| finding.is_stop()) {
        eprintln!("{finding}");
    }
    bail!("visit {:?} cannot be calculated: see the findings above, or it is cancelled", command.visit)
}

fn text(response: &Response, visit: &VisitResult) -> String {
    let mut out = String::new();
    let _ =
        writeln!(out, "受診 {}  {}  合計 {}点 ({}円)", visit.visit_id, visit.date, visit.points, visit.points.to_yen());
    for line in &visit.lines {
        line_text(&mut out, line);
    }
    for order in visit.orders.iter().filter(|order| order.outcome != Outcome::Accepted) {
        order_text(&mut out, order);
    }
    for suggestion in response.suggestions.iter().filter(|suggestion| suggestion.visit_id == visit.visit_id) {
        let _ = writeln!(
            out,
            "算定もれの可能性: {} {} +{}点  {} 〔{}〕",
            suggestion.code, suggestion.name, suggestion.points, suggestion.condition, suggestion.reason.basis
        );
    }
    charge_text(&mut out, visit);
    for month in &response.month_charge {
        month_text(&mut out, month);
    }
    for finding in &response.findings {
        let _ = writeln!(out, "! {finding}");
    }
    if response.provisional {
        let _ = writeln!(out, "* 暫定: {}", response.provisional_reasons.join(", "));
    }
    out
}

fn line_text(out: &mut String, line: &Line) {
    let _ = writeln!(
        out,
        "[{}] {:>6}点 × {:<3} 負担区分{}",
        line.shikibetsu,
        line.points.to_string(),
        line.times,
        line.burden_class.as_deref().unwrap_or("-")
    );
    for item in &line.items {
        let quantity = item.quantity.map(|quantity| format!(" {quantity}")).unwrap_or_default();
        let _ = writeln!(out, "       {} {}{quantity}", item.code, item.name);
    }
    for reason in &line.reasons {
        reason_text(out, reason);
    }
}

fn order_text(out: &mut String, order: &OrderResult) {
    let outcome = match order.outcome {
        Outcome::Accepted => "算定",
        Outcome::Replaced => "読み替え",
        Outcome::Included => "包括(0点)",
        Outcome::Rejected => "算定不可",
        Outcome::NeedsConfirmation => "要確認",
    };
    let _ = writeln!(out, "オーダー {}: {outcome}", order.order_id);
    for reason in &order.reasons {
        reason_text(out, reason);
    }
    for condition in &order.conditions {
        let _ = writeln!(out, "       確認: {}", condition.question);
    }
}

fn reason_text(out: &mut String, reason: &Reason) {
    let mark = if reason.is_verified { "" } else { " [未確認]" };
    let _ = writeln!(out, "       ・{} 〔{}〕{mark}", reason.text, reason.basis);
}

fn charge_text(out: &mut String, visit: &VisitResult) {
    let Some(charge) = &visit.charge else { return };
    for set in &charge.sets {
        let _ = writeln!(
            out,
            "保険組合せ {}: {}点 医療費{}円 一部負担{}円",
            set.set_id, set.points, set.cost_yen, set.copay_yen
        );
        for step in &set.subsidies {
            let _ = writeln!(out, "       公費 {}: {}円 → {}円", step.subsidy_id, step.before_yen, step.after_yen);
        }
    }
    let extras = charge.selection_fee_yen + charge.self_pay_yen + charge.tax_yen;
    if !extras.is_zero() {
        let _ = writeln!(
            out,
            "保険外: 選定療養 {}円 自費 {}円 消費税 {}円",
            charge.selection_fee_yen, charge.self_pay_yen, charge.tax_yen
        );
    }
    let _ = writeln!(
        out,
        "窓口負担 {}円 (領収済 {}円, 差額 {}円)",
        charge.due_yen, charge.collected_yen, charge.difference_yen
    );
    for reason in &charge.reasons {
        reason_text(out, reason);
    }
}

fn month_text(out: &mut String, month: &MonthCharge) {
    let _ = writeln!(
        out,
        "この月: 患者 {}円 保険者 {}円 窓口累計 {}円",
        month.patient_yen, month.insurer_yen, month.due_yen
    );
    for reason in &month.reasons {
        reason_text(out, reason);
    }
}
