import Foundation
import LeibnizCore

/// Writes an event file, which TensorBoard shows: curves, histograms, pictures, texts, settings.
///
/// ```swift
/// let log = try EventWriter(folder: "runs/a")
/// try log.scalar("loss/training", loss, step: 100)
/// try log.histogram("fc1.weight", model.fc1.weight.value, step: 100)
/// ```
/// A file is a sequence of records (length, masked checksum of the length, bytes, masked checksum of the bytes), each an `Event` of
/// TensorFlow's `event.proto`. Records are appended whole, so a reader sees all that was written before a crash.
public final class EventWriter {
    /// The file, `events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER` in the folder.
    public let path: String
    private let file: LogFile
    private let clock: () -> Double

    /// Makes the folder if need be, and a new file in it.
    ///
    /// - Throws: a `DataError` where they cannot be made.
    public convenience init(folder: String) throws(DataError) {
        try self.init(folder: folder) { Date().timeIntervalSince1970 }
    }

    /// - Parameter clock: the seconds since 1970.
    package init(folder: String, clock: @escaping () -> Double) throws(DataError) {
        self.clock = clock
        let host = ProcessInfo.processInfo.hostName
        let base = "\(folder)/events.out.tfevents.\(Int(clock())).\(host).\(ProcessInfo.processInfo.processIdentifier)"
        var number = 0
        while FileManager.default.fileExists(atPath: "\(base).\(number)") { number += 1 }
        path = "\(base).\(number)"
        file = try LogFile(path: path)
        var event = WireMessage()
        event.add(1, double: clock())
        event.add(3, text: "brain.Event:2")
        try write(event)
    }

    /// A point of a curve.
    public func scalar(_ tag: String, _ value: Double, step: Int) throws(DataError) {
        var summary = WireMessage()
        summary.add(2, float: Float(value))
        try write(tag, summary, step: step)
    }

    /// How often numbers fall into each of `bins` equally wide intervals between the least and the greatest.
    ///
    /// - Parameter values: any shape; numbers that are not finite are left out.
    /// - Throws: the error of evaluation; a `DataError` where the file cannot be written.
    public func histogram(_ tag: String, _ values: Tensor, bins: Int = 64, step: Int) throws {
        let numbers = try values.doubles().filter(\.isFinite)
        let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
        let count = low < high ? max(1, bins) : 1
        let width = (high - low) / Double(count)
        var buckets = [Double](repeating: 0, count: count)
        for number in numbers { buckets[width > 0 ? min(count - 1, Int((number - low) / width)) : 0] += 1 }
        var histogram = WireMessage()
        histogram.add(1, double: low)
        histogram.add(2, double: high)
        histogram.add(3, double: Double(numbers.count))
        histogram.add(4, double: numbers.reduce(0, +))
        histogram.add(5, double: numbers.reduce(0) { $0 + $1 * $1 })
        histogram.add(6, doubles: (1...count).map { $0 == count ? high : low + width * Double($0) })
        histogram.add(7, doubles: buckets)
        var summary = WireMessage()
        summary.add(5, message: histogram)
        try write(tag, summary, step: step)
    }

    /// A picture that is encoded already, as PNG for example.
    ///
    /// - Parameter channels: 1 for grey, 3 for colours, 4 with transparency.
    public func image(
        _ tag: String, encoded: [UInt8], height: Int, width: Int, channels: Int, step: Int
    ) throws(DataError) {
        var image = WireMessage()
        image.add(1, whole: height)
        image.add(2, whole: width)
        image.add(3, whole: channels)
        image.add(4, bytes: encoded)
        var summary = WireMessage()
        summary.add(4, message: image)
        try write(tag, summary, step: step)
    }

    /// A picture, as PNG.
    public func image(_ tag: String, _ image: PNGImage, step: Int) throws(DataError) {
        try self.image(
            tag, encoded: image.encoded(for: path), height: image.height, width: image.width, channels: image.channels,
            step: step)
    }

    /// A text in Markdown.
    public func text(_ tag: String, _ text: String, step: Int) throws(DataError) {
        var tensor = WireMessage()  // of one string: element type 7, shape [1]
        tensor.add(1, whole: 7)
        var extent = WireMessage()
        extent.add(1, whole: 1)
        var shape = WireMessage()
        shape.add(2, message: extent)
        tensor.add(2, message: shape)
        tensor.add(8, text: text)
        var summary = WireMessage()
        summary.add(8, message: tensor)
        try write(tag, summary, plugin: ("text", []), step: step)
    }

    /// A graph, for the page of graphs.
    public func graph(_ graph: EventGraph) throws(DataError) {
        var event = WireMessage()
        event.add(1, double: clock())
        event.add(4, message: graph.message)
        try write(event)
    }

    /// The settings of a run and what it reached, for the table that compares runs.
    ///
    /// - Parameters:
    ///   - settings: by name: numbers, truth values or texts.
    ///   - metrics: names of curves that this file or others of the folder hold; those with a value get their last point from it.
    public func settings(_ settings: [String: JSONValue], metrics: [String: Double]) throws(DataError) {
        for message in Self.settingEvents(settings, metrics: Array(metrics.keys).sorted(), start: clock()) {
            try write(message.tag, WireMessage(), plugin: ("hparams", message.data), step: 0)
        }
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) { try scalar(name, value, step: 0) }
    }

    /// Puts everything on the disk.
    public func sync() throws(DataError) { try file.sync() }

    private func write(
        _ tag: String, _ content: WireMessage, plugin: (name: String, data: [UInt8])? = nil, step: Int
    ) throws(DataError) {
        var value = WireMessage()
        value.add(1, text: tag)
        value.add(content)
        if let plugin {
            var data = WireMessage()
            data.add(1, text: plugin.name)
            if !plugin.data.isEmpty { data.add(2, bytes: plugin.data) }
            var metadata = WireMessage()
            metadata.add(1, message: data)
            value.add(9, message: metadata)
        }
        var summary = WireMessage()
        summary.add(1, message: value)
        var event = WireMessage()
        event.add(1, double: clock())
        event.add(2, whole: step)
        event.add(5, message: summary)
        try write(event)
    }

    private func write(_ event: WireMessage) throws(DataError) {
        let length = little(event.bytes.count, 8)
        try file.append(
            length + little(Int(CastagnoliChecksum.masked(length)), 4) + event.bytes
                + little(Int(CastagnoliChecksum.masked(event.bytes)), 4))
    }
}
