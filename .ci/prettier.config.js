export default {
  printWidth: 120, // as in the templates
};
