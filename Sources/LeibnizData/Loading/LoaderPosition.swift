/// Where a loader takes its next batch: enough to go on as if it had never stopped.
public struct LoaderPosition: Sendable, Hashable {
    /// The number of the pass over the data.
    public var epoch: Int
    /// The number of the next batch in it, from 0.
    public var batch: Int

    /// A place; the beginning by default.
    public init(epoch: Int = 0, batch: Int = 0) { (self.epoch, self.batch) = (epoch, batch) }

    /// The place as checkpoints hold it.
    public var json: JSONValue { .object([("epoch", .whole(epoch)), ("batch", .whole(batch))]) }

    /// The place that `json` says; nil where it says none.
    public init?(_ json: JSONValue) {
        guard let epoch = json["epoch"]?.whole, let batch = json["batch"]?.whole, batch >= 0 else { return nil }
        self.init(epoch: epoch, batch: batch)
    }
}
