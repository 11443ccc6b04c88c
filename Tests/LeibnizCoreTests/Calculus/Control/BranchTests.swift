import Testing

@testable import LeibnizCore

@Suite struct `Branches` {
    private static func data(_ shape: Shape, seed: Int) throws -> Tensor {
        try Tensor.normal(shape, deviation: 0.5, seed: seed, .float64).evaluated()
    }

    /// A function whose branch depends on its first operand.
    private static func branching(_ x: [Tensor]) -> Tensor {
        cond(sum(x[0]) > 0.2, then: { sin(x[0]) * x[1] }, else: { x[0] * x[0] + 0.5 * x[1] })
    }

    private static func choosing(_ x: [Tensor]) -> Tensor {
        let (a, b): (Tensor, Tensor) = (sin(x[0]) * x[1], x[0] * x[0] + 0.5 * x[1])
        return which(sum(x[0]) > 0.2, a, b)
    }

    @Test(arguments: [1, 2, 5, 6])
    func `give what a choice of both gives, in every transformation`(seed: Int) throws {
        let x = [try Self.data([3], seed: seed), try Self.data([3], seed: seed + 20)]
        try ControlLaw("cond", at: x, loop: Self.branching, plain: Self.choosing).check()
    }

    @Test func `run one side only`() throws {
        let table = Tensor([1.0, 2])
        let wrong = Tensor(copying: [Int64(5)], [1])
        func pick(_ flag: Bool) throws -> [Double] {
            let x = Tensor([3.0])
            return try cond(Tensor(copying: [flag], []), then: { x + 1.0 }, else: { table.gathered(wrong) }).doubles()
        }
        #expect(try pick(true) == [4])
        #expect(throws: TensorError.self) { try pick(false) }
    }

    @Test func `stand in loops and in compiled functions, with groups`() throws {
        let f = { @Sendable (x: Tensor) -> [String: Tensor] in
            let total = scan(x[0], over: x) { (c: Tensor, x: Tensor) -> (Tensor, Tensor) in
                let next = cond(x > 0, then: { c + x }, else: { c * 0.5 })
                return (next, next)
            }
            return ["last": total.carry, "all": total.outputs]
        }
        let x = Tensor([1.0, -2, 3, -4], .float64)
        let step = compiled { (x: Tensor) in f(x) }
        let expected = [2.0, 1, 4, 2]
        for found in [f(x), try step(x)] {
            #expect(try found["all"]?.doubles() == expected)
            #expect(try found["last"]?.item() == 2)
        }
        #expect(try gradient(of: { sum(f($0)["all"]!) })(x).doubles() == [4.5, 0, 1.5, 0])
    }

    @Test func `tell what does not fit`() throws {
        let x = Tensor([1.0, 2])
        func message(_ x: Tensor) -> String { x.error.map(\.description) ?? "" }
        #expect(message(cond(x > 0, then: { x }, else: { x })).contains("one truth value"))
        #expect(message(cond(sum(x) > 0, then: { x }, else: { sum(x) })).contains("same shapes"))
        let counts: [Tensor] = cond(sum(x) > 0, then: { [x] }, else: { [x, x] })
        #expect(message(counts[0]).contains("1 and 2 tensors"))
    }
}
