import Testing

@testable import LeibnizKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Compiled elementary functions against the C library in double.
@Suite struct EmitterFunctionTests {
    /// The distance of a float32 from a real number, in units of the number's last place; 0 where both are NaN.
    private static func ulps(_ found: Float, _ expected: Double) -> Double {
        if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN ? 0 : .infinity }
        let rounded = Float(expected)
        if found == rounded { return rounded == 0 && found.sign != rounded.sign ? .infinity : 0 }
        // Just beyond the greatest number infinity is one unit away.
        let limit = Double(Float.greatestFiniteMagnitude)
        let size = min(max(abs(expected), Double(Float.leastNormalMagnitude)), limit)
        let unit = Double(Float(size).ulp)
        let value = found.isInfinite ? (found < 0 ? -limit - unit : limit + unit) : Double(found)
        return abs(value - min(max(expected, -limit - unit), limit + unit)) / unit
    }

    /// One unary or binary function over as many points as `inputs` have.
    private static func apply(
        _ operation: Value.Operation, _ inputs: [[Float]], _ machine: Machine, vectorBytes: Int? = nil
    ) throws -> [Float] {
        var nest = LoopNest(name: "function")
        nest.axes = [Axis(inputs[0].count)]
        nest.outer = [0]
        for input in inputs {
            nest.buffers.append(BufferDeclaration(.float32, count: input.count, role: .input))
            _ = nest.value(.load(Access(nest.buffers.count - 1, Affine(0, [(0, 1)]))), .float32)
        }
        nest.buffers.append(BufferDeclaration(.float32, count: inputs[0].count, role: .output))
        let result = nest.value(operation, .float32)
        nest.stages = [Stage(stores: [Store(Access(inputs.count, Affine(0, [(0, 1)])), result)])]
        let target = machine.target(vectorBytes: vectorBytes ?? machine.target.vectorBytes)
        let source = try Emitter.source(for: nest, target: target, threads: 1)
        let kernel = try machine.kernel(source, nest)
        let contents = inputs.map { bytes($0) } + [[UInt8](repeating: 0, count: 4 * inputs[0].count)]
        return numbers(runKernel(kernel, buffers: contents).0[inputs.count], as: Float.self)
    }

    /// Numbers of every size and sign, the special ones first.
    private static func patterns(_ count: Int) -> [Float] {
        var special: [Float] = [
            0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
            .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 88.72284, 88.7229, -103.9721,
            -103.98, -87.33655, 0.70710677, 1.4142135, 3.1415927, 1.5707964, 1e6, 1e7, 0.625, 0.925, 4,
        ]
        let step = UInt32.max / UInt32(count) | 1
        var bits: UInt32 = 12345
        for _ in special.count..<count {
            special.append(Float(bitPattern: bits))
            bits &+= step
        }
        return special
    }

    private static let references: [(UnaryOperation, limit: Double, @Sendable (Double) -> Double)] = [
        (.exp, 0.8, { exp($0) }), (.expm1, 1.3, { expm1($0) }), (.log, 0.8, { log($0) }), (.log1p, 1.4, { log1p($0) }),
        (.tanh, 1.3, { tanh($0) }), (.sigmoid, 1.7, { $0 >= 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) }),
        (.sin, 1.6, { sin($0) }), (.cos, 1.6, { cos($0) }), (.erf, 1, { erf($0) }), (.sqrt, 0.501, { sqrt($0) }),
        (.rsqrt, 1.5, { 1 / sqrt($0) }),
    ]

    @Test(arguments: 0..<references.count, Machine.newest)
    func `functions of float32 are right to two units in the last place`(number: Int, machine: Machine) throws {
        let (operation, limit, reference) = Self.references[number]
        let inputs = Self.patterns(25_000 * machine.nests)
        let found = try Self.apply(.unary(operation, 0), [inputs], machine)
        var worst = (error: 0.0, at: Float(0), found: Float(0))
        for (x, y) in zip(inputs, found) {
            let error = Self.ulps(y, reference(Double(x)))
            if error > worst.error { worst = (error, x, y) }
        }
        #expect(worst.error <= limit + (machine.target.hasFMA ? 0 : 0.2), "\(operation): \(worst)")
        if Settings.current.dumpFolder != nil { print(operation, worst) }
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

    @Test(arguments: [16, 32, 64], Machine.all)
    func `vectors of any width compute the same bits`(bytes: Int, machine: Machine) throws {
        let inputs = Self.patterns(1003)
        for (operation, _, _) in Self.references {
            let expected = try Self.apply(.unary(operation, 0), [inputs], machine)
            let found = try Self.apply(.unary(operation, 0), [inputs], machine, vectorBytes: bytes)
            #expect(zip(expected, found).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(operation)")
        }
    }
}
