/// A sequence of random numbers that remembers how far it has been drawn from, also from step to step of a plan.
///
/// Its place is a cell: inside `compiled { … }` and `minimize` every step draws on from where the last one ended, without a
/// compilation. The numbers follow from seed, stream and place alone, so a training that restores the place goes on with the numbers
/// that it would have drawn.
public final class RandomStream: Sendable {
    /// How many numbers have been drawn, an int64 scalar.
    public let position: Variable
    private let start: RandomPosition

    /// A stream from a place on.
    public init(from start: RandomPosition) {
        self.start = start
        position = Variable(Tensor([0], shape: []))
        position.markRecorded()
    }

    /// The place of the next `count` numbers, which then count as drawn.
    public func next(_ count: Int) -> RandomPosition {
        let now = position.value
        position.record(now + Tensor(count))
        return start.moved(by: now)
    }
}
