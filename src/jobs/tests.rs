use super::*;
use crate::backend::DeviceInfo;
use crate::bench::Measured;
use burn_zoo_models::Precision;

fn jobs() -> Vec<Job> {
    let place = Place {
        backend: "flex".into(),
        device: "cpu".into(),
    };
    let settings = ParitySettings {
        dataset: DatasetRequest {
            name: "folder:pets".into(),
            image_shape: Some(ImageShape::new(3, 32, 40)),
            fit: Some(Fit::Crop),
            data_dir: Some("/mnt/pets".into()),
            skip_unreadable: true,
        },
        set: vec!["hidden=3".parse().unwrap()],
        conv: "frequency".parse().unwrap(),
        ..ParitySettings::default()
    };
    let model = String::from("mlp-relu");
    let layer = ConvShape {
        in_channels: 1,
        out_channels: 32,
        input: [28; 2],
        kernel: [7, 5],
        stride: [1, 2],
        dilation: [1; 2],
        padding: [[0, 1], [2, 3]],
        groups: 1,
    };
    vec![
        Job::Probe {
            backend: "wgpu".into(),
        },
        Job::Bench(BenchJob {
            precision: Precision::Bf16,
            model: model.clone(),
            place: place.clone(),
            sharing: Sharing {
                devices: vec!["cpu".into(), "flex:cpu".into()],
                shares: vec![3.0, 1.0],
            },
            dataset: settings.dataset.clone(),
            batch_size: 64,
            conv: Conv::Auto,
            seconds: 0.1,
            first_step_only: true,
            layers: false,
            started: SystemTime::now(),
        }),
        Job::ParitySteps(ParityStepsJob {
            model: model.clone(),
            place: place.clone(),
            settings: settings.clone(),
            first_batch: 3,
            learning_rate: 1e-3,
            unfused: true,
            file: "/tmp/observation".into(),
        }),
        Job::Parity(ParityJob {
            model,
            places: vec![place],
            settings,
            timeout: 60,
        }),
        Job::Tune(TuneJob {
            place: Place {
                backend: "wgpu".into(),
                device: "discrete:0".into(),
            },
            layers: vec![(layer, true)],
            batch_size: 128,
        }),
    ]
}

#[test]
fn every_job_reaches_the_child_as_it_was_sent() {
    for job in jobs() {
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(read(json.as_bytes()).unwrap(), job, "{json}");
    }
    let error = read("{\"dance\":{}}".as_bytes()).unwrap_err().to_string();
    assert!(error.contains("holds no job"), "{error}");
}

#[cfg(unix)]
mod with_a_child {
    use super::*;

    /// The events and the result of a child that prints this text and exits with this code.
    fn answer<E: DeserializeOwned, R: DeserializeOwned>(
        printed: &str,
        code: i32,
    ) -> (Vec<E>, Result<R, JobError>) {
        let mut command = Command::new("sh");
        let script = r#"cat > /dev/null; printf '%s' "$0"; echo why >&2; exit "$1""#;
        command.args(["-c", script, printed, &code.to_string()]);
        let mut events = Vec::new();
        let limit = Duration::from_secs(600);
        let each = |event| events.push(event);
        let result = watch(&mut command, &jobs()[0], limit, each, || false);
        (events, result)
    }

    #[test]
    fn events_and_the_result_are_found_among_other_lines() {
        let printed = [
            "a driver's greeting\n",
            &event(&1),
            "{\"fps\": 3}\n",
            &event(&2),
            &result(&0.1),
            "goodbye\n",
        ];
        let (events, result) = answer::<u64, f64>(&printed.concat(), 0);
        assert_eq!(events, [1, 2]);
        assert_eq!(result.unwrap(), 0.1);
    }

    #[test]
    fn a_child_that_fails_keeps_its_events_and_loses_its_result() {
        let (events, failed) = answer::<u64, f64>(&[event(&1), result(&0.1)].concat(), 3);
        assert_eq!(events, [1]);
        let error = failed.unwrap_err().to_string();
        assert_eq!(error, "the process ended with exit status: 3: why");
    }

    #[test]
    fn a_child_without_a_result_or_with_another_kind_of_result_is_an_error() {
        let (_, none) = answer::<u64, f64>(&event(&1), 0);
        assert!(matches!(none, Err(JobError::NoResult)), "{none:?}");
        let (_, other) = answer::<u64, f64>(&result(&"fast"), 0);
        assert!(matches!(other, Err(JobError::BadResult(_))), "{other:?}");
    }

    #[test]
    fn a_probe_whose_driver_crashes_keeps_the_devices_before_the_crash() {
        let device = DeviceInfo {
            id: "discrete:0".into(),
            name: "a \"fast\" GPU".into(),
            driver: String::new(),
            software: false,
            memory: Some(8 << 30),
        };
        let printed = event(&device);
        let (devices, crashed) = answer::<DeviceInfo, ()>(&printed, 134);
        assert_eq!(devices, std::slice::from_ref(&device));
        crashed.unwrap_err();
        let (devices, whole) = answer::<DeviceInfo, ()>(&(printed + &result(&())), 0);
        assert_eq!(devices, [device]);
        whole.unwrap();
    }

    #[test]
    fn figures_keep_all_their_digits() {
        let measured = Measured {
            convolutions: Vec::new(),
            infer_convolutions: Vec::new(),
            first_step_s: 0.1 + 0.2,
            train_step_s: vec![1.0 / 3.0, f64::MIN_POSITIVE],
            infer_step_s: Vec::new(),
            devices: Vec::new(),
            peak_memory_bytes: Some(u64::MAX),
            gpu_memory_bytes: None,
            layers: Vec::new(),
        };
        let (_, read) = answer::<u64, Measured>(&result(&measured), 0);
        assert_eq!(read.unwrap(), measured);
    }
}
