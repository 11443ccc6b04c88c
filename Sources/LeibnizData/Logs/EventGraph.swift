/// A graph as TensorBoard draws it: named nodes with the names of those that they read. Slashes in names make boxes that open.
public struct EventGraph: Sendable {
    /// One node.
    public struct Node: Sendable, Hashable {
        /// Its name, such as `ConvNet/conv1/weight`; every node has another.
        public var name: String
        /// What it does, such as `matmul`.
        public var operation: String
        /// The names of the nodes that it reads.
        public var inputs: [String]

        /// A node.
        public init(_ name: String, operation: String, inputs: [String] = []) {
            (self.name, self.operation, self.inputs) = (name, operation, inputs)
        }
    }

    /// The nodes.
    public var nodes: [Node]

    /// A graph.
    public init(_ nodes: [Node]) { self.nodes = nodes }

    /// The graph as a `GraphDef` of TensorFlow's `graph.proto`.
    var message: WireMessage {
        var graph = WireMessage()
        for node in nodes {
            var entry = WireMessage()
            entry.add(1, text: node.name)
            entry.add(2, text: node.operation)
            for input in node.inputs { entry.add(3, text: input) }
            graph.add(1, message: entry)
        }
        var versions = WireMessage()
        versions.add(1, whole: 22)
        graph.add(4, message: versions)
        return graph
    }
}
