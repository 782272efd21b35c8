//! A histogram of durations that is small enough to count every delivery.
//!
//! A sorted list of ten million latencies would take eighty megabytes, and the tool shares its machine
//! with the server. So values are counted in buckets whose width grows with the value. There are 128
//! buckets for each power of two, so every percentile is right within 0.8 %. The crate `hdrhistogram`
//! does the same and much more; this tool needs only the shift in [`index`].

/// There are `1 << PRECISION` buckets for each power of two.
const PRECISION: u32 = 7;

/// The number of buckets: that of the largest value, plus one.
const BUCKETS: usize = index(u64::MAX) + 1;

/// A log-linear histogram of nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    count: u64,
    max: u64,
}

impl Histogram {
    /// An empty histogram.
    pub(crate) fn new() -> Histogram {
        Histogram { counts: vec![0; BUCKETS], count: 0, max: 0 }
    }

    /// Counts one value.
    #[expect(clippy::indexing_slicing, reason = "`BUCKETS` covers every value")]
    pub(crate) fn record(&mut self, value: u64) {
        self.counts[index(value)] += 1;
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// Adds the counts of another histogram.
    pub(crate) fn merge(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// The number of values.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The exact largest value, or 0 if the histogram is empty.
    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// The value that this share of all values does not exceed, at most 0.8 % too high, or 0 if the
    /// histogram is empty. `share` is from 0 to 1: 0.99 is the 99th percentile.
    pub(crate) fn percentile(&self, share: f64) -> u64 {
        let rank = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                // The true value is somewhere in the bucket; this is its upper end.
                return upper(index).min(self.max);
            }
        }
        self.max
    }
}

/// The bucket of a value. Below `2 << PRECISION` every value has a bucket. Above, the leading
/// `PRECISION + 1` bits and the number of bits behind them determine the bucket.
const fn index(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    let shift = bits.saturating_sub(PRECISION + 1);
    ((shift as usize) << PRECISION) + (value >> shift) as usize
}

/// The largest value in a bucket.
fn upper(index: usize) -> u64 {
    let shift = (index >> PRECISION).saturating_sub(1);
    let leading = (index - (shift << PRECISION)) as u64;
    (leading << shift) | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_have_no_gaps_between_them() {
        for bucket in 0..BUCKETS {
            assert_eq!(index(upper(bucket)), bucket);
            if let Some(next) = upper(bucket).checked_add(1) {
                assert_eq!(index(next), bucket + 1);
            }
        }
        assert_eq!(upper(BUCKETS - 1), u64::MAX);
    }

    #[test]
    fn small_values_are_exact_and_large_ones_within_a_128th() {
        for value in 0..256 {
            assert_eq!(upper(index(value)), value);
        }
        for value in [257, 1_000, 123_456_789, u64::MAX / 3] {
            let upper = upper(index(value));
            assert!(upper >= value && upper - value <= value / 128, "{value} became {upper}");
        }
    }

    #[test]
    fn percentiles_count_from_the_smallest() {
        let mut histogram = Histogram::new();
        for value in 1..=200 {
            histogram.record(value);
        }
        let asked = [0.0, 0.005, 0.5, 0.99, 0.999, 1.0].map(|share| histogram.percentile(share));
        assert_eq!(asked, [1, 1, 100, 198, 200, 200]);
        assert_eq!((histogram.count(), histogram.max()), (200, 200));
    }

    #[test]
    fn no_percentile_exceeds_the_largest_value() {
        let mut histogram = Histogram::new();
        histogram.record(1_000_001);
        assert_eq!(histogram.percentile(0.5), 1_000_001);
    }

    #[test]
    fn every_percentile_of_an_empty_histogram_is_zero() {
        assert_eq!(Histogram::new().percentile(0.99), 0);
    }

    #[test]
    fn a_merged_histogram_equals_one_with_all_values() {
        let (mut left, mut right, mut both) =
            (Histogram::new(), Histogram::new(), Histogram::new());
        for value in [3, 70_000, 900] {
            left.record(value);
            both.record(value);
        }
        for value in [1_000_000, 12] {
            right.record(value);
            both.record(value);
        }
        left.merge(&right);
        assert_eq!((left.counts, left.count, left.max), (both.counts, both.count, both.max));
    }
}
