import Foundation
import Runtime
import Synchronization

extension TensorError {
    /// The error with its place: the stack, which tells the caller's file and line, and the layer.
    ///
    /// The layer is that of a named variable among the operands, else the innermost layers that are being called.
    package func located(among operands: [Tensor] = []) -> TensorError {
        if caller != nil { return self }
        var error = self
        error.caller = Caller()
        error.layer = layer ?? operands.lazy.compactMap(\.layerPath).first
        return error
    }
}

extension TensorError {
    /// Runs `body`; errors that name no place yet get that of the caller.
    static func locating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TensorError {
            throw error.located()
        }
    }
}

extension Tensor {
    /// The layer to which the variable belongs of which this tensor is the value, such as `ConvNet.fc1`.
    fileprivate var layerPath: String? {
        // Views of a variable (a transposed weight) still tell the layer; a longer history would tell a wrong one.
        var node = node
        for _ in 0..<8 {
            if let leaf = node.primitive as? VariableLeaf {
                guard let name = leaf.variable?.name else { return nil }
                let path = name.split(separator: ".").dropLast().joined(separator: ".")
                return path.isEmpty ? name : path
            }
            guard node.primitive is any ViewPrimitive || node.primitive is Argument, let operand = node.operands.first
            else { return nil }
            node = operand
        }
        return nil
    }
}

/// The stack at a mistake. What it tells is found when somebody asks, since that takes milliseconds, in large programs with debugging
/// information a second; most errors are only caught.
final class Caller: Hashable, Sendable {
    private let trace: Backtrace?
    private let known: Mutex<CallerPlace?>

    /// The stack of whoever asks.
    init() {
        trace = CallerPlace.capture()
        known = Mutex(nil)
    }

    /// A place that is known.
    init(at place: CallerPlace) {
        trace = nil
        known = Mutex(place)
    }

    /// Where the library was called from.
    var place: CallerPlace {
        known.withLock { known in
            let place = known ?? trace.map(CallerPlace.find) ?? CallerPlace()
            known = place
            return place
        }
    }

    static func == (a: Caller, b: Caller) -> Bool { a === b || a.place == b.place }
    func hash(into hasher: inout Hasher) {}
}

/// Where in the program the library was called from, as the stack tells it.
struct CallerPlace: Hashable, Sendable {
    /// File and line of the innermost frame outside Leibniz; without debugging information, the name of its function.
    var location: String?
    /// The types of the layers that are being called, outermost first: `ConvNet.Linear`.
    var layerPath: String?

    /// The stack of whoever asks, without names.
    static func capture() -> Backtrace? {
        if isUnderValgrind { return nil }
        return images.withLock { images in
            let known = images ?? ImageMap.capture()
            images = known
            return try? Backtrace.capture(limit: 128, images: known)
        }
    }

    /// What a stack tells.
    static func find(in trace: Backtrace) -> CallerPlace {
        images.withLock { images in
            let known = images ?? ImageMap.capture()
            let place = SymbolThread.run {
                CallerPlace(trace.symbolicated(with: known, options: [.showInlineFrames, .showSourceLocations]))
            }
            return place ?? CallerPlace()
        }
    }

    /// A place that is known, or none.
    init(location: String? = nil) { self.location = location }

    private init(_ symbols: SymbolicatedBacktrace?) {
        var (function, layers) = (String?.none, [String]())
        for symbol in symbols?.frames.compactMap(\.symbol) ?? [] {
            if let layer = Self.layer(symbol.name), layers.last != layer { layers.append(layer) }
            if let source = symbol.sourceLocation, source.line > 0, !source.path.contains("<"),
                !source.path.contains("@__swiftmacro")
            {
                if location == nil && !Self.isOurs(path: source.path) {
                    location = "\(source.path.split(separator: "/").last ?? "?"):\(source.line)"
                }
            } else if function == nil, symbol.sourceLocation == nil, !symbol.isSystemFunction,
                !Self.isOurs(symbol: symbol.rawName)
            {
                function = symbol.name
            }
        }
        location = location ?? function
        if !layers.isEmpty { layerPath = layers.reversed().joined(separator: ".") }
    }

    /// The mapped libraries, as they were when the first caller was looked for; frames of later ones are not told.
    ///
    /// Capturing them reads the headers of every mapped file, which must not vanish meanwhile: see `SymbolThread`. So they are
    /// captured once, before any symbol is looked for, and handed to the trace, which would capture them anew. The lock also lets
    /// one caller at a time ask for symbols.
    private static let images = Mutex(ImageMap?.none)

    /// Whether the process runs under valgrind, in whose address space the unwinder faults: errors then name no place.
    private static let isUnderValgrind = getenv("LD_PRELOAD").map { String(cString: $0).contains("valgrind") } ?? false

    /// The type whose `callAsFunction` a frame runs, if it does: how layers are called.
    private static func layer(_ function: String) -> String? {
        guard let call = function.range(of: ".callAsFunction(") else { return nil }
        let name = function[..<call.lowerBound].split { $0 == "." || $0 == " " }.last.map(String.init)
        // Plain functions are called like this too: only types' names begin with a capital.
        return name.flatMap { $0.first?.isUppercase == true ? $0 : nil }
    }

    /// The library's modules: all below what users write.
    private static let modules = ["Kernels", "Core", "Data", "Learning", "Symbolic", "Insight"].map { "Leibniz\($0)" }

    /// The folder in which the library's sources were compiled.
    private static let sources = String(
        #filePath.prefix(#filePath.count - "LeibnizCore/Tensor/ErrorLocation.swift".count))

    /// Whether a file is the library's. Release builds of the package itself name files from its folder on.
    private static func isOurs(path: String) -> Bool {
        modules.contains { path.hasPrefix(sources + $0 + "/") || path.hasPrefix("Sources/" + $0 + "/") }
    }

    /// Whether a mangled name is the library's or Swift's own.
    private static func isOurs(symbol: String) -> Bool {
        !symbol.hasPrefix("$s") || symbol.hasPrefix("$ss") || symbol.hasPrefix("$sS")
            || modules.contains { symbol.hasPrefix("$s\($0.count)\($0)") }
    }
}
