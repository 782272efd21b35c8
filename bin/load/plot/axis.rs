//! Axes: the coordinate of a value, and the values that get a mark.
//!
//! Both kinds are logarithmic, because latencies and rates differ by factors. A server that is ten times
//! slower should have the same distance everywhere.

/// The values of the marks between one power of ten and the next.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

/// An axis of values above 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis from the coordinate `from` to the coordinate `to` that contains all these values.
    pub(crate) fn around(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|value| *value > 0.0 && value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if high == 0.0 {
            (low, high) = (1.0, 10.0);
        }
        let (low, mut high) = (step_below(low), step_above(high));
        if low == high {
            high = step_above(high * 1.5);
        }
        Axis { low, high, from, to }
    }

    /// The coordinate of a value. A value outside of the axis gets the coordinate of its end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let share = (value.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        self.from + share.min(1.0) * (self.to - self.from)
    }

    /// The values that get a mark: 1, 2 and 5 times the powers of ten, or only the powers if that would
    /// be too many.
    pub(crate) fn marks(&self) -> Vec<f64> {
        let marks: Vec<f64> = self.steps(&STEPS).collect();
        if marks.len() <= 10 { marks } else { self.steps(&[1.0]).collect() }
    }

    fn steps(&self, steps: &'static [f64]) -> impl Iterator<Item = f64> + '_ {
        let decades = decade(self.low)..=decade(self.high);
        let values = decades.flat_map(move |ten| steps.iter().map(move |step| step * power(ten)));
        // The tolerance covers rounding errors of powers of ten.
        values.filter(|value| *value >= self.low * 0.999 && *value <= self.high * 1.001)
    }
}

/// The axis of percentiles. Each further nine has the same length, so that the slowest delivery in a
/// thousand is as easy to see as the slowest in ten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Percentiles {
    nines: f64,
    from: f64,
    to: f64,
}

impl Percentiles {
    /// An axis for this many values: the slowest one in `count` is at its end.
    pub(crate) fn new(count: u64, from: f64, to: f64) -> Percentiles {
        let nines = (count.max(100) as f64).log10().floor().clamp(2.0, 6.0);
        Percentiles { nines, from, to }
    }

    /// Coordinates from left to right, each with its share of the values.
    pub(crate) fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        const POINTS: u32 = 300;
        (0..=POINTS).map(|point| {
            let nines = self.nines * f64::from(point) / f64::from(POINTS);
            (self.place(nines), 1.0 - 10_f64.powf(-nines))
        })
    }

    /// The coordinates and the texts of the marks.
    pub(crate) fn marks(&self) -> Vec<(f64, String)> {
        let half = 2_f64.log10();
        let mut marks =
            vec![(self.place(0.0), "0 %".to_owned()), (self.place(half), "50 %".to_owned())];
        for nines in 1..=self.nines as u32 {
            let decimals = nines.saturating_sub(2) as usize;
            let percent = 100.0 - 100.0 * 10_f64.powi(-(nines as i32));
            marks.push((self.place(f64::from(nines)), format!("{percent:.decimals$} %")));
        }
        marks
    }

    fn place(&self, nines: f64) -> f64 {
        self.from + nines / self.nines * (self.to - self.from)
    }
}

fn step_below(value: f64) -> f64 {
    let ten = power(decade(value));
    STEPS.iter().rev().map(|step| step * ten).find(|step| *step <= value * 1.001).unwrap_or(ten)
}

fn step_above(value: f64) -> f64 {
    let ten = power(decade(value));
    STEPS.iter().map(|step| step * ten).find(|step| *step >= value * 0.999).unwrap_or(ten * 10.0)
}

/// The exponent of the power of ten at or below a value.
fn decade(value: f64) -> i32 {
    (value * 1.000_001).log10().floor() as i32
}

fn power(ten: i32) -> f64 {
    10_f64.powi(ten)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(values: &[f64]) -> Vec<String> {
        let axis = Axis::around(values.iter().copied(), 0.0, 1.0);
        axis.marks().iter().map(|mark| format!("{mark:.4}").trim_matches('0').to_owned()).collect()
    }

    #[test]
    fn an_axis_ends_at_marks_and_holds_all_values() {
        assert_eq!(marks(&[0.3, 4.0]), [".2", ".5", "1.", "2.", "5."]);
        assert_eq!(marks(&[1000.0]), ["1000.", "2000."]);
        assert_eq!(marks(&[0.02, 900_000.0]).len(), 8, "powers only");
        assert_eq!(marks(&[]), ["1.", "2.", "5.", "10."]);
    }

    #[test]
    fn factors_are_distances() {
        let axis = Axis::around([1.0, 100.0], 0.0, 200.0);
        let places = [1.0, 10.0, 100.0, 0.0, 1e9].map(|value| axis.place(value).round());
        assert_eq!(places, [0.0, 100.0, 200.0, 0.0, 200.0]);
    }

    #[test]
    fn percentiles_end_where_the_values_do() {
        let axis = Percentiles::new(12_345, 0.0, 4.0);
        let marks: Vec<String> = axis.marks().into_iter().map(|(_, mark)| mark).collect();
        assert_eq!(marks, ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        let (place, share) = axis.points().last().unwrap();
        assert!((place - 4.0).abs() < 1e-9 && (share - 0.9999).abs() < 1e-9);
    }
}
