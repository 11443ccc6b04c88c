/// Tests that copies of a tile settle before anything runs.
///
/// Where windows overlap or leave gaps, each of a few phases of the result takes other terms of the sum: `phase + 2·tap < 3`. With all
/// phases as copies and all terms unrolled, what does not hold falls away, and what holds needs no test.
struct SettledBounds {
    /// A test with the outer axes whose copies settle it, and the share of the points where it holds.
    struct Test {
        var bound: Bound
        var axes: AxisSet
        var share: Double
    }

    let tests: [Test]

    /// The longest axis all of whose points may be copies.
    static let longestAxis = 4
    /// The most iterations of a stage that are sure to be unrolled.
    private static let mostIterations = 8

    /// The tests of a stage's loads that can be settled.
    init(_ nest: LoopNest, _ stage: NestWork.Stage, vectors: Int?) {
        var tests: [Test] = []
        for item in stage.items where item.kind == .load {
            for bound in item.bounds where !tests.contains(where: { $0.bound == bound }) {
                let axes = bound.index.terms.map(\.axis)
                let (own, outer) = (axes.filter(stage.axes.has), axes.filter { !stage.axes.has($0) })
                let iterations = own.reduce(1) { $0 * nest.axes[$1].extent }
                guard !own.isEmpty, !outer.isEmpty, iterations <= Self.mostIterations,
                    outer.allSatisfy({ $0 != vectors && nest.axes[$0].extent <= Self.longestAxis })
                else { continue }
                tests.append(Test(bound: bound, axes: AxisSet(outer), share: Self.share(bound, nest)))
            }
        }
        self.tests = tests
    }

    /// The outer axes that settle some test.
    var axes: AxisSet { tests.reduce(into: []) { $0.formUnion($1.axes) } }

    /// The part of all points of a bound's axes where it holds.
    private static func share(_ bound: Bound, _ nest: LoopNest) -> Double {
        var values = [bound.index.offset]
        for term in bound.index.terms {
            values = values.flatMap { value in (0..<nest.axes[term.axis].extent).map { value + $0 * term.stride } }
        }
        return Double(values.filter { (0..<bound.extent).contains($0) }.count) / Double(values.count)
    }
}
