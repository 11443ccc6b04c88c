import Testing

@testable import LeibnizKernels

/// Vectors of every second number, whose lanes are put in order where results are written.
@Suite struct `Lanes out of order` {
    /// The greatest of x[2i + j − 1], j < 5, its place 2i + j, whether i is beyond 11, and with `readsNeighbours` also x[i] added.
    private static func pool(_ count: Int, _ type: ElementType, readsNeighbours: Bool = false) -> LoopNest {
        var nest = LoopNest(name: "pool")
        nest.axes = [Axis(count), Axis(5)]
        nest.outer = [0]
        nest.buffers = [
            BufferDeclaration(type, count: 2 * count, role: .input),
            BufferDeclaration(type, count: count, role: .output),
            BufferDeclaration(.int32, count: count, role: .output),
            BufferDeclaration(.bool, count: count, role: .output),
        ]
        let place = Affine(-1, [(0, 2), (1, 1)])
        let x = nest.value(.load(Access(0, place, bounds: [Bound(place, extent: 2 * count)])), type)
        let number = nest.value(.index(Affine(0, [(0, 2), (1, 1)])), .int64)
        let key = nest.value(.convert(number), .int32)
        nest.reductions = [Reduction(.max, x), Reduction(.max, key)]
        var greatest = nest.value(.reduced(0), type)
        let last = nest.value(.reduced(1), .int32)
        if readsNeighbours {
            greatest = nest.value(
                .binary(.add, greatest, nest.value(.load(Access(0, Affine(0, [(0, 1)]))), type)), type)
        }
        let i = nest.value(.index(Affine(0, [(0, 1)])), .int64)
        let limit = nest.value(.integer(11), .int64)
        let isBeyond = nest.value(.compare(.greater, i, limit), .bool)
        let own = Affine(0, [(0, 1)])
        nest.stages = [
            Stage(axes: [1], reductions: [0, 1]),
            Stage(stores: [
                Store(Access(1, own), greatest), Store(Access(2, own), last), Store(Access(3, own), isBeyond),
            ]),
        ]
        return nest
    }

    /// The places that the lower half of a vector takes from both registers, as a mask of an exchange says it.
    private static let exchange = "<8 x i32> <i32 0, i32 2, i32 9, i32 11, i32 4, i32 6, i32 13, i32 15>"

    @Test(arguments: [64, 37, 9, 200], Machine.newest)
    func `are what they are in order`(count: Int, machine: Machine) throws {
        for type in [ElementType.float32, .int32, .float64] {
            let nest = Self.pool(count, type)
            try nest.validate()
            let numbers = (0..<2 * count).map { ($0 * 37) % 101 - 50 }
            let data: [UInt8] =
                switch type {
                case .float32: bytes(numbers.map(Float.init))
                case .float64: bytes(numbers.map(Double.init))
                default: bytes(numbers.map(Int32.init))
                }
            for width in machine.widths {
                let source = try Emitter.source(for: nest, target: machine.target(vectorBytes: width), threads: 1)
                let takesHalves = width == 32 && type != .float64 && count >= 16
                #expect(!takesHalves || source.ir.contains(Self.exchange), "\(width) \(type)")
                #expect(width == 32 || !source.ir.contains(Self.exchange))
                try EmitterTests.check(nest, [0: data], source, machine, "\(count) \(type) \(width)")
            }
        }
    }

    @Test(arguments: Machine.newest) func `stay in order where neighbours are read as well`(machine: Machine) throws {
        let nest = Self.pool(80, .float32, readsNeighbours: true)
        let data = bytes((0..<160).map { Float(($0 * 37) % 101) })
        for width in machine.widths {
            let source = try Emitter.source(for: nest, target: machine.target(vectorBytes: width), threads: 1)
            #expect(!source.ir.contains(Self.exchange))
            try EmitterTests.check(nest, [0: data], source, machine, "\(width)")
        }
    }
}
