//! The department columns of RE (診療科1 to 診療科3).

use super::Value;
use crate::cells::Cells;
use crate::encoder::{Encoder, FieldError};
use crate::spec::Group;
use crate::table::{BodyPart, Code, Department, Disease, PatientGroup, Treatment};

/// One department of a receipt (診療科), used by hospitals to split reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DepartmentReport {
    /// 診療科名.
    pub department: Option<Department>,
    /// 人体の部位等.
    pub body_part: Option<BodyPart>,
    /// 性別等.
    pub patient_group: Option<PatientGroup>,
    /// 医学的処置.
    pub treatment: Option<Treatment>,
    /// 特定疾病.
    pub disease: Option<Disease>,
}

fn code<T: Code + super::Cell>(cells: &mut Cells<'_>) -> Option<T> {
    let cell = cells.next_cell();
    let value = T::parse(cell);
    if value.is_none() && !cell.is_empty() {
        cells.mark_unread();
    }
    value
}

impl Value for Vec<DepartmentReport> {
    fn read(cells: &mut Cells<'_>, group: &Group) -> Self {
        let mut reports = Self::new();
        if cells.skip_empty(15) {
            return reports;
        }
        for _ in 0..group.repeat {
            let report = DepartmentReport {
                department: code(cells),
                body_part: code(cells),
                patient_group: code(cells),
                treatment: code(cells),
                disease: code(cells),
            };
            if report != DepartmentReport::default() {
                reports.push(report);
            }
        }
        reports
    }

    fn write(&self, group: &Group, out: &mut Encoder) {
        let [department, body_part, patient_group, treatment, disease] = group.columns else { return };
        for report in self.iter().take(usize::from(group.repeat)) {
            out.code(department, report.department);
            out.code(body_part, report.body_part);
            out.code(patient_group, report.patient_group);
            out.code(treatment, report.treatment);
            out.code(disease, report.disease);
        }
        if self.len() > usize::from(group.repeat) {
            out.refuse(disease, FieldError::TooMany { received: self.len(), allowed: usize::from(group.repeat) });
        }
    }
}
