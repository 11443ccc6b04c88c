extension EventWriter {
    /// The three messages of TensorBoard's table of runs (`plugins/hparams/plugin_data.proto`): which settings and metrics there are,
    /// the settings of this run, and that it has ended.
    static func settingEvents(
        _ settings: [String: JSONValue], metrics: [String], start: Double
    ) -> [(tag: String, data: [UInt8])] {
        let ordered = settings.sorted { $0.key < $1.key }
        var experiment = WireMessage()
        for (name, value) in ordered {
            var setting = WireMessage()
            setting.add(1, text: name)
            setting.add(4, whole: value.text != nil ? 1 : value.number != nil ? 3 : 2)  // text, number or truth value
            experiment.add(4, message: setting)
        }
        for name in metrics {
            var (metricName, metric) = (WireMessage(), WireMessage())
            metricName.add(2, text: name)
            metric.add(1, message: metricName)
            experiment.add(5, message: metric)
        }
        var session = WireMessage()
        for (name, value) in ordered {
            var (entry, content) = (WireMessage(), WireMessage())
            if let number = value.number {
                content.add(2, double: number)
            } else if case .flag(let flag) = value {
                content.add(4, whole: flag ? 1 : 0)
            } else {
                content.add(3, text: value.text ?? "\(value)")
            }
            entry.add(1, text: name)
            entry.add(2, message: content)
            session.add(1, message: entry)
        }
        session.add(5, double: start)
        var end = WireMessage()
        end.add(1, whole: 1)  // success
        end.add(2, double: start)
        return [("experiment", 2, experiment), ("session_start_info", 3, session), ("session_end_info", 4, end)].map {
            var data = WireMessage()
            data.add($0.1, message: $0.2)
            return ("_hparams_/\($0.0)", data.bytes)
        }
    }
}
