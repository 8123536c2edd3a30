//! Accuracy and loss over the epochs and the time of trainings, as charts.

use crate::data::Split;
use crate::draw::{Along, LegendEntry, LineChart, Point, Series, Style};
use crate::run::MetricsRow;
use std::collections::BTreeMap;

/// Courses with more points have no tooltips.
const MOST_SPOTS: usize = 60;

/// A training.
pub struct Course<'a> {
    /// How its lines look.
    pub style: Style,
    /// Its name: "flex, seed 42".
    pub name: String,
    /// The metrics of every epoch and split.
    pub metrics: &'a [MetricsRow],
}

/// The metric that a chart shows.
#[derive(Clone, Copy)]
enum Measure {
    Accuracy,
    Loss,
}

/// The charts of several trainings: the test set's accuracy by epoch and by time, and the losses.
pub fn overlaid(courses: &[Course]) -> Vec<LineChart> {
    let lines = |split, along, measure| {
        let lines = courses.iter().map(|course| Series {
            style: course.style,
            pale: split == Split::Train,
            points: course.points(split, along, measure),
        });
        lines.collect::<Vec<_>>()
    };
    let losses =
        [Split::Train, Split::Test].map(|split| lines(split, Along::Epochs, Measure::Loss));
    let charts = [
        chart(
            "Test accuracy by epoch",
            (Along::Epochs, Measure::Accuracy),
            &lines(Split::Test, Along::Epochs, Measure::Accuracy),
        ),
        chart(
            "Test accuracy by time of training",
            (Along::Seconds, Measure::Accuracy),
            &lines(Split::Test, Along::Seconds, Measure::Accuracy),
        ),
        chart(
            "Loss by epoch: test; paler, training",
            (Along::Epochs, Measure::Loss),
            &losses.concat(),
        ),
    ];
    charts.into_iter().flatten().collect()
}

/// The charts of one training with all its splits, and their legend.
pub fn of_splits(course: &Course) -> (Vec<LegendEntry>, Vec<LineChart>) {
    let has = |split: Split| course.metrics.iter().any(|row| row.split == split);
    let splits = [Split::Train, Split::Test, Split::Valid].into_iter();
    let splits: Vec<(Split, Style)> = splits
        .enumerate()
        .filter(|(_, split)| has(*split))
        .map(|(number, split)| (split, Style::of_split(split.name(), number)))
        .collect();
    let lines = |along, measure| {
        let lines = splits.iter().map(|(split, style)| Series {
            style: *style,
            pale: false,
            points: course.points(*split, along, measure),
        });
        lines.collect::<Vec<_>>()
    };
    let charts = [
        ("Accuracy by epoch", Along::Epochs, Measure::Accuracy),
        ("Loss by epoch", Along::Epochs, Measure::Loss),
        (
            "Accuracy by time of training",
            Along::Seconds,
            Measure::Accuracy,
        ),
    ];
    let charts = charts.into_iter().filter_map(|(title, along, measure)| {
        chart(title, (along, measure), &lines(along, measure))
    });
    let legend = splits
        .iter()
        .map(|(split, style)| LegendEntry::new(*style, split.name()));
    (legend.collect(), charts.collect())
}

fn chart(title: &str, (along, measure): (Along, Measure), lines: &[Series]) -> Option<LineChart> {
    let unit = match measure {
        Measure::Accuracy => "%",
        Measure::Loss => "nats",
    };
    LineChart::new(title, along, unit, lines)
}

impl Course<'_> {
    fn points(&self, split: Split, along: Along, measure: Measure) -> Vec<Point> {
        let rows = self.metrics.iter().filter(|row| row.split == split);
        let rows: Vec<&MetricsRow> = rows.collect();
        let has_tooltips = rows.len() <= MOST_SPOTS;
        let trained_s = self.trained_s();
        let point = |row: &MetricsRow| {
            let (y, figure) = match measure {
                Measure::Accuracy => {
                    let percent = 100.0 * row.accuracy;
                    (percent, format!("{percent:.2} %"))
                }
                Measure::Loss => (row.loss, format!("loss {:.4}", row.loss)),
            };
            Point {
                x: match along {
                    Along::Epochs => row.epoch as f64,
                    Along::Seconds => {
                        let until = trained_s.range(..=row.epoch).next_back();
                        until.map_or(0.0, |(_, seconds)| *seconds)
                    }
                },
                y,
                tooltip: match has_tooltips {
                    true => format!("{}, epoch {}, {split}: {figure}", self.name, row.epoch),
                    false => String::new(),
                },
            }
        };
        rows.into_iter().map(point).collect()
    }

    /// Seconds of training, without the evaluations, to the end of each epoch.
    fn trained_s(&self) -> BTreeMap<usize, f64> {
        let train = self.metrics.iter().filter(|row| row.split == Split::Train);
        let seconds = train.scan(0.0, |sum, row| {
            *sum += row.seconds;
            Some((row.epoch, *sum))
        });
        seconds.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(epochs: usize) -> Vec<MetricsRow> {
        let row = |epoch, split, accuracy, seconds| MetricsRow {
            epoch,
            split,
            loss: 1.0 - accuracy,
            accuracy,
            images_per_second: 1.0,
            seconds,
        };
        let epochs = 1..=epochs;
        epochs
            .flat_map(|epoch| {
                let accuracy = 0.5 + 0.001 * epoch as f64;
                [
                    row(epoch, Split::Train, accuracy, 2.0),
                    row(epoch, Split::Test, accuracy, 50.0),
                ]
            })
            .collect()
    }

    fn course(metrics: &[MetricsRow]) -> Course<'_> {
        Course {
            style: Style::new(0),
            name: "flex, seed 42".into(),
            metrics,
        }
    }

    #[test]
    fn the_time_of_training_is_without_the_evaluations() {
        let metrics = metrics(3);
        let points = course(&metrics).points(Split::Test, Along::Seconds, Measure::Accuracy);
        let times: Vec<f64> = points.iter().map(|point| point.x).collect();
        assert_eq!(times, [2.0, 4.0, 6.0]);
        assert_eq!(points[2].tooltip, "flex, seed 42, epoch 3, test: 50.30 %");
    }

    #[test]
    fn only_the_splits_that_a_training_has_are_drawn() {
        let metrics = metrics(3);
        let (legend, charts) = of_splits(&course(&metrics));
        let names: Vec<&str> = legend.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["train", "test"]);
        assert_eq!(charts.len(), 3);
        assert!(charts.iter().all(|chart| chart.lines.len() == 2));
        let (legend, charts) = of_splits(&course(&[]));
        assert!(legend.is_empty() && charts.is_empty());
    }

    #[test]
    fn long_courses_are_drawn_without_tooltips() {
        let metrics = metrics(MOST_SPOTS + 1);
        let charts = overlaid(&[course(&metrics)]);
        assert_eq!(charts.len(), 3);
        let spots = charts
            .iter()
            .flat_map(|chart| &chart.lines)
            .flat_map(|line| &line.spots);
        assert_eq!(spots.count(), 0);
    }
}
