import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

#if arch(x86_64) || arch(i386)
    /// What functions of float64 are compared in.
    typealias Extended = Float80
#else
    typealias Extended = Double
#endif

/// A type whose functions are compared with those of a wider one.
protocol FunctionSample: BinaryFloatingPoint & BitwiseCopyable & Sendable {
    associatedtype Wide: BinaryFloatingPoint & Sendable
    static var elementType: ElementType { get }
    /// The number with the same leading bits.
    init(leadingBits: UInt64)
    static func limit(of reference: FunctionReference) -> Double
    static func value(of reference: FunctionReference) -> @Sendable (Wide) -> Wide
}

extension Float: FunctionSample {
    typealias Wide = Double
    static var elementType: ElementType { .float32 }
    init(leadingBits: UInt64) { self.init(bitPattern: UInt32(leadingBits >> 32)) }
    static func limit(of reference: FunctionReference) -> Double { reference.float }
    static func value(of reference: FunctionReference) -> @Sendable (Double) -> Double { reference.inDouble }
}

extension Double: FunctionSample {
    typealias Wide = Extended
    static var elementType: ElementType { .float64 }
    init(leadingBits: UInt64) { self.init(bitPattern: leadingBits) }
    static func limit(of reference: FunctionReference) -> Double { reference.double }
    static func value(of reference: FunctionReference) -> @Sendable (Extended) -> Extended { reference.inExtended }
}

/// A function with the greatest errors that it may have, in units of the last place.
struct FunctionReference: Sendable {
    var operation: UnaryOperation
    var float: Double
    var double: Double
    var inDouble: @Sendable (Double) -> Double
    var inExtended: @Sendable (Extended) -> Extended

    static let all: [FunctionReference] = [
        .init(operation: .exp, float: 1, double: 1, inDouble: { exp($0) }, inExtended: { exp($0) }),
        .init(operation: .expm1, float: 1.6, double: 1.9, inDouble: { expm1($0) }, inExtended: { expm1($0) }),
        .init(operation: .log, float: 0.8, double: 0.8, inDouble: { log($0) }, inExtended: { log($0) }),
        .init(operation: .log1p, float: 1.4, double: 1.4, inDouble: { log1p($0) }, inExtended: { log1p($0) }),
        .init(operation: .tanh, float: 2, double: 2, inDouble: { tanh($0) }, inExtended: { tanh($0) }),
        .init(
            operation: .sigmoid, float: 2, double: 2,
            inDouble: { $0 >= 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) },
            inExtended: { $0 >= 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) }),
        .init(operation: .sin, float: 1.6, double: 1.6, inDouble: { sin($0) }, inExtended: { sin($0) }),
        .init(operation: .cos, float: 1.6, double: 1.6, inDouble: { cos($0) }, inExtended: { cos($0) }),
        .init(operation: .erf, float: 1.3, double: 1.4, inDouble: { erf($0) }, inExtended: { erf($0) }),
        .init(operation: .sqrt, float: 0.501, double: 0.501, inDouble: { sqrt($0) }, inExtended: { $0.squareRoot() }),
        .init(
            operation: .rsqrt, float: 1.5, double: 1.5, inDouble: { 1 / sqrt($0) }, inExtended: { 1 / $0.squareRoot() }),
    ]
}

/// Compiled elementary functions against the C library in a wider type.
@Suite struct EmitterFunctionTests {
    /// The distance of a number from a real one, in units of its last place; 0 where both are NaN.
    private static func ulps<T: FunctionSample>(_ found: T, _ expected: T.Wide) -> Double {
        if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN ? 0 : .infinity }
        let rounded = T(expected)
        if found == rounded { return rounded == 0 && found.sign != rounded.sign ? .infinity : 0 }
        // Just beyond the greatest number infinity is one unit away.
        let limit = T.Wide(T.greatestFiniteMagnitude)
        let size = min(max(abs(expected), T.Wide(T.leastNormalMagnitude)), limit)
        let unit = T.Wide(T(size).ulp)
        let value = found.isInfinite ? (found < 0 ? -limit - unit : limit + unit) : T.Wide(found)
        return Double(abs(value - min(max(expected, -limit - unit), limit + unit)) / unit)
    }

    /// One unary or binary function over as many points as `inputs` have.
    private static func apply<T: FunctionSample>(
        _ operation: Value.Operation, _ inputs: [[T]], _ machine: Machine, vectorBytes: Int? = nil, hasFMA: Bool? = nil
    ) throws -> [T] {
        var nest = LoopNest(name: "function")
        nest.axes = [Axis(inputs[0].count)]
        nest.outer = [0]
        for input in inputs {
            nest.buffers.append(BufferDeclaration(T.elementType, count: input.count, role: .input))
            _ = nest.value(.load(Access(nest.buffers.count - 1, Affine(0, [(0, 1)]))), T.elementType)
        }
        nest.buffers.append(BufferDeclaration(T.elementType, count: inputs[0].count, role: .output))
        let result = nest.value(operation, T.elementType)
        nest.stages = [Stage(stores: [Store(Access(inputs.count, Affine(0, [(0, 1)])), result)])]
        var target = machine.target(vectorBytes: vectorBytes ?? machine.target.vectorBytes)
        if let hasFMA { target.hasFMA = hasFMA }
        let source = try Emitter.source(for: nest, target: target, threads: 1)
        let kernel = try machine.kernel(source, nest)
        let byteCount = MemoryLayout<T>.stride * inputs[0].count
        let contents = inputs.map { bytes($0) } + [[UInt8](repeating: 0, count: byteCount)]
        return numbers(runKernel(kernel, buffers: contents).0[inputs.count], as: T.self)
    }

    /// Numbers of every size and sign, the special ones first; half of all have sizes from 2⁻⁸ to 2⁸.
    private static func patterns<T: FunctionSample>(_ count: Int) -> [T] {
        var all: [T] = [
            0, 1, .infinity, .nan, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 88.72284,
            88.7229, 103.9721, 103.98, 87.33655, 708.39, 709.78, 709.79, 745.13, 745.14, 0.70710677, 1.4142135,
            3.1415927, 1.5707964, .pi, .pi / 2, .pi / 4, 22, 1e5, 1e6, 1e7, 0.625, 0.925, 4, 6, 20,
        ]
        all += all.map { -$0 }
        let step = UInt64.max / UInt64(count / 2) | 1
        var bits: UInt64 = 12345
        var random = SeededGenerator(seed: 5)
        while all.count < count {
            all.append(T(leadingBits: bits))
            bits &+= step
            all.append(
                T(Double.random(in: -1...1, using: &random) * exp2(Double(Int.random(in: -8...8, using: &random)))))
        }
        return all
    }

    private static func worst<T: FunctionSample>(_ inputs: [T], _ found: [T], _ value: (T.Wide) -> T.Wide) -> (
        error: Double, at: T, found: T
    ) {
        var worst = (error: 0.0, at: T(0), found: T(0))
        for (x, y) in zip(inputs, found) {
            let error = ulps(y, value(T.Wide(x)))
            if error > worst.error { worst = (error, x, y) }
        }
        return worst
    }

    private static func check<T: FunctionSample>(
        _ reference: FunctionReference, _ machine: Machine, _ type: T.Type
    ) throws {
        let inputs: [T] = patterns(10_000 * machine.nests)
        for hasFMA in Set([false, machine.target.hasFMA]) {
            let found = try apply(.unary(reference.operation, 0), [inputs], machine, hasFMA: hasFMA)
            let worst = worst(inputs, found, T.value(of: reference))
            #expect(worst.error <= T.limit(of: reference), "\(reference.operation), FMA \(hasFMA): \(worst)")
            if Settings.current.dumpFolder != nil { print(T.self, reference.operation, hasFMA, worst) }
        }
    }

    @Test(arguments: FunctionReference.all.indices, Machine.newest)
    func `functions of float32 are right to two units in the last place`(number: Int, machine: Machine) throws {
        try Self.check(FunctionReference.all[number], machine, Float.self)
    }

    @Test(arguments: FunctionReference.all.indices, Machine.newest)
    func `functions of float64 are right to two units in the last place`(number: Int, machine: Machine) throws {
        try Self.check(FunctionReference.all[number], machine, Double.self)
    }

    /// The float32 next to each multiple of π/2 up to 10⁶, where all but the last bits of the argument are lost.
    @Test(arguments: Machine.newest) func `sine and cosine are as right next to their roots`(machine: Machine) throws {
        let inputs = (1..<636_000).map { Float(Double($0) * .pi / 2) }
        for reference in FunctionReference.all where [.sin, .cos].contains(reference.operation) {
            for hasFMA in Set([false, machine.target.hasFMA]) {
                let found = try Self.apply(.unary(reference.operation, 0), [inputs], machine, hasFMA: hasFMA)
                let worst = Self.worst(inputs, found, reference.inDouble)
                #expect(worst.error <= reference.float, "\(reference.operation), FMA \(hasFMA): \(worst)")
            }
        }
    }

    /// A product that underflows takes Intel's processors a hundred cycles, and a causal mask makes half of all scores −∞.
    @Test(arguments: Machine.newest) func `exponentials of what is masked do not underflow`(machine: Machine) throws {
        let masked: [Float] = [-.infinity, -1e30, -1e9, -1e4, -200, -105, 0, 1, 2, -3, -80, 5, 6, 7, 8, 9]
        feclearexcept(FE_UNDERFLOW)
        let found = try Self.apply(.unary(.exp, 0), [masked], machine)
        #expect(fetestexcept(FE_UNDERFLOW) == 0)
        #expect(found[..<6].allSatisfy { $0 == 0 })
        let wide: [Double] = [-.infinity, -1e300, -747, 0, 1, -700, 2, 3]
        feclearexcept(FE_UNDERFLOW)
        #expect(try Self.apply(.unary(.exp, 0), [wide], machine)[..<3].allSatisfy { $0 == 0 })
        #expect(fetestexcept(FE_UNDERFLOW) == 0)
    }

    @Test(arguments: Machine.newest)
    func `powers of float32 are right to two units in the last place`(machine: Machine) throws {
        var random = SeededGenerator(seed: 7)
        var (bases, exponents): ([Float], [Float]) = ([], [])
        let special: [Float] = [
            0, -0.0, 1, -1, 2, -2, 0.5, 3, -3, .infinity, -.infinity, .nan, 0x1p-140, 1e38, 2.5, -2.5,
        ]
        for x in special { for y in special { (bases, exponents) = (bases + [x], exponents + [y]) } }
        for _ in 0..<7_500 * machine.nests {
            bases.append(Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &random)))
            exponents.append(Float.random(in: -8...8, using: &random))
        }
        let found = try Self.apply(.binary(.power, 0, 1), [bases, exponents], machine)
        var worst = (error: 0.0, base: Float(0), exponent: Float(0), found: Float(0))
        for ((x, y), z) in zip(zip(bases, exponents), found) {
            let error = Self.ulps(z, pow(Double(x), Double(y)))
            if error > worst.error { worst = (error, x, y, z) }
        }
        #expect(worst.error <= 0.6, "\(worst)")
        if Settings.current.dumpFolder != nil { print("power", worst) }
    }

    private static func compareWidths<T: FunctionSample>(_ bytes: Int, _ machine: Machine, _ type: T.Type) throws {
        let inputs: [T] = patterns(1003)
        for reference in FunctionReference.all {
            let expected = try apply(.unary(reference.operation, 0), [inputs], machine)
            let found = try apply(.unary(reference.operation, 0), [inputs], machine, vectorBytes: bytes)
            #expect(zip(expected, found).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(reference.operation)")
        }
    }

    @Test(arguments: [16, 32, 64], Machine.all)
    func `vectors of any width compute the same bits`(bytes: Int, machine: Machine) throws {
        try Self.compareWidths(bytes, machine, Float.self)
        try Self.compareWidths(bytes, machine, Double.self)
    }
}
